using CsCheck;
using LiveLtem.Broadcast.Hub;
using LiveLtem.Broadcast.Wire;

namespace LiveLtem.Broadcast.Tests;

public sealed class MailboxTests
{
    [Fact]
    public void Whatever_is_offered_is_sent_or_counted_as_dropped()
    {
        Gen.Select(Gen.Int[0, Topics.Count - 1], Gen.Bool).Array[0, 3000].Sample(steps =>
        {
            var released = 0;
            var offered = 0;
            using (var mailbox = new Mailbox("web", () => "test", Enum.GetValues<Topic>(), static () => { }))
            {
                foreach (var (topic, take) in steps)
                {
                    using (var message = new Probe((Topic)topic, () => released++))
                    {
                        mailbox.Offer(message);
                        offered++;
                    }

                    if (take)
                    {
                        mailbox.TryTake()?.Dispose();
                    }
                }

                while (mailbox.TryTake() is { } message)
                {
                    message.Dispose();
                }

                Assert.Equal(offered, mailbox.Sent + mailbox.Dropped);
            }

            Assert.Equal(offered, released);
        });
    }

    [Fact]
    public void Of_frames_only_the_newest_waits_and_the_oldest_of_a_full_topic_goes_first()
    {
        using var mailbox = new Mailbox("web", () => "test", Enum.GetValues<Topic>(), static () => { });
        for (var seq = 1; seq <= 300; seq++)
        {
            Offer(mailbox, Topic.Frame, seq);
            Offer(mailbox, Topic.Dose, seq);
        }

        Assert.Equal(299 + 44, mailbox.Dropped);
        using (var first = mailbox.TryTake()!)
        {
            Assert.Equal((Topic.Dose, 45L), (first.Topic, first.Stamp.Seq!.Value));
        }

        var order = new List<(Topic, long)>();
        while (mailbox.TryTake() is { } message)
        {
            order.Add((message.Topic, message.Stamp.Seq!.Value));
            message.Dispose();
        }

        Assert.Equal([(Topic.Frame, 300L), (Topic.Dose, 300L)], order[^2..]);
        Assert.Equal(256, order.Count);
    }

    [Fact]
    public void A_topic_that_is_not_wanted_is_neither_kept_nor_counted()
    {
        using var mailbox = new Mailbox("web", () => "test", [Topic.Dose, Topic.Frame], static () => { });
        Offer(mailbox, Topic.Status, 1);
        mailbox.SetWanted(Topic.Frame, false);
        Offer(mailbox, Topic.Frame, 1);
        Assert.Null(mailbox.TryTake());
        Assert.Equal(0, mailbox.Sent + mailbox.Dropped);
    }

    [Fact]
    public void A_completed_mailbox_takes_nothing_in_but_gives_out_what_waits()
    {
        using var mailbox = new Mailbox("web", () => "test", Enum.GetValues<Topic>(), static () => { });
        Offer(mailbox, Topic.Dose, 1);
        mailbox.Complete();
        Offer(mailbox, Topic.Dose, 2);
        using var message = mailbox.TryTake();
        Assert.Equal(1, message!.Stamp.Seq);
        Assert.Null(mailbox.TryTake());
    }

    private static void Offer(Mailbox mailbox, Topic topic, long seq)
    {
        using var message = new Probe(topic, static () => { }, seq);
        mailbox.Offer(message);
    }

    private sealed class Probe(Topic topic, Action released, long seq = 1) : WireMessage(topic, new MessageStamp("s", seq, null, 0))
    {
        protected override WireBytes Encode() => throw new InvalidOperationException("nobody asked for the bytes");

        protected override void Release() => released();
    }
}
