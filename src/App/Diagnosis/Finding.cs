using System.Text.Json.Serialization;

namespace LiveLtem.App.Diagnosis;

/// <summary>How much a finding matters.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FindingState>))]
internal enum FindingState
{
    /// <summary>As it should be.</summary>
    [JsonStringEnumMemberName("ok")]
    Ok,

    /// <summary>The main job runs, something beside it does not or runs slowly.</summary>
    [JsonStringEnumMemberName("warning")]
    Warning,

    /// <summary>The main job cannot run.</summary>
    [JsonStringEnumMemberName("fault")]
    Fault,
}

/// <summary>What one look at this machine found.</summary>
/// <param name="Name">What was looked at.</param>
/// <param name="State">How much it matters.</param>
/// <param name="Found">What is there.</param>
/// <param name="Advice">What to do about it, or null where nothing has to be done.</param>
internal sealed record Finding(string Name, FindingState State, string Found, string? Advice = null);
