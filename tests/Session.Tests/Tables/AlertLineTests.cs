using LiveLtem.Core.Live;
using LiveLtem.Session.Tables;

namespace LiveLtem.Session.Tests.Tables;

public sealed class AlertLineTests
{
    [Fact]
    public void An_alert_is_one_line_by_the_names_of_the_table()
    {
        var alert = new SessionAlert
        {
            Id = 3,
            Kind = "dose_budget",
            Severity = "warning",
            Frame = 7,
            FrameLast = 9,
            TimeS = 0.35,
            State = "raised",
            Count = 3,
            Value = double.NaN,
            Threshold = 70,
            Unit = "%",
            Message = "70 % of the budget",
        };
        const string Expected = """{"id":3,"kind":"dose_budget","severity":"warning","frame":7,"frame_last":9,"time_s":0.35,"state":"raised","count":3,"value":null,"threshold":70,"unit":"%","message":"70 % of the budget"}""";
        Assert.Equal(Expected, AlertLine.Write(alert).ToJsonString());
    }
}
