using System.Text.Json;
using LiveLtem.Acquisition.Gauge;
using LiveLtem.App.Hosting;
using LiveLtem.App.Profiles;
using LiveLtem.App.Tests.Verbs;
using LiveLtem.Core;
using LiveLtem.Core.Live;
using LiveLtem.HardwareSim;
using LiveLtem.Inference.Denoise;
using LiveLtem.Inference.Models;
using LiveLtem.Session.Log;

namespace LiveLtem.App.Tests.Hosting;

/// <summary>A re-analysis takes the noise off as the session did, frame by frame.</summary>
public sealed class DenoiserReplayTests : IDisposable
{
    private const int Side = 64;
    private const int At = 45;
    private const int Frames = 60;
    private static readonly string General = DenoiseCard.Read(DenoiseCard.General).Card.Sha256;
    private readonly FramePool _pool = new();
    private readonly TempFolder _folder = new();

    [Fact]
    public async Task The_network_that_the_session_kept_is_put_on_at_the_frame_that_it_names()
    {
        using var replay = DenoiserReplay.Of(await RecordAsync(General), ProfileStore.Load("soft"), Side, Side)!;
        Assert.Empty(replay.Warnings);
        using var denoiser = new SpectralDenoiser(_pool, DenoiseModel.Load(DenoiseCard.General));
        replay.Drive(denoiser);
        var simulator = new Simulator("soft", new SceneOptions { SizePx = Side, Seed = 4 });
        var frames = Enumerable.Range(0, Frames).Select(number => Next(simulator, number)).ToList();
        denoiser.Learn(frames[..SpectralDenoiser.FirstFrames]);
        var versions = frames.ConvertAll(frame =>
        {
            replay.Before(frame.Number);
            denoiser.Denoise(frame).Dispose();
            return denoiser.Version;
        });
        frames.ForEach(frame => frame.Dispose());

        Assert.All(versions[..At], version => Assert.Equal(0, version));
        Assert.All(versions[At..], version => Assert.Equal(1, version));
        Assert.Equal($"version 1 (adapted-1) from frame {At}", replay.Describe);
    }

    [Fact]
    public async Task Another_network_to_begin_with_is_warned_of()
    {
        using var replay = DenoiserReplay.Of(await RecordAsync(new string('a', 64)), ProfileStore.Load("soft"), Side, Side)!;
        Assert.Contains($"SHA-256 aaaaaaaaaaaa, here it is {General[..12]}", Assert.Single(replay.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_whose_network_was_taken_away_or_replaced_is_refused()
    {
        var session = await RecordAsync(General);
        var card = Path.Combine(SessionSource.DenoiserFolder(session), "adapted-1.json");
        var network = Path.Combine(SessionSource.DenoiserFolder(session), "adapted-1.onnx");
        File.AppendAllText(network, "x");
        var other = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(network)));
        File.WriteAllText(card, File.ReadAllText(card).Replace(General, other, StringComparison.Ordinal));
        Assert.Throws<InputException>(() => DenoiserReplay.Of(session, ProfileStore.Load("soft"), Side, Side));

        File.Delete(card);
        Assert.Contains("adapted-1.json", Assert.Throws<InputException>(() => DenoiserReplay.Of(session, ProfileStore.Load("soft"), Side, Side)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_that_takes_no_noise_off_has_nothing_to_repeat()
    {
        var session = await RecordAsync(General);
        Assert.Null(DenoiserReplay.Of(session, ProfileStore.Load(null), Side, Side));
        Assert.Null(DenoiserReplay.Of(_folder.Root, ProfileStore.Load("soft"), Side, Side));
    }

    [Fact(Timeout = 240_000)]
    public async Task An_analysis_of_the_session_repeats_the_change_and_does_not_adapt_anew()
    {
        var session = await RecordAsync(General);
        var first = await ProgramRun.RunAsync("analyze", session, "--out", _folder.File("a"), "--write-denoised");
        var second = await ProgramRun.RunAsync("analyze", session, "--out", _folder.File("b"), "--write-denoised");
        Assert.True((first.ExitCode, second.ExitCode) == (0, 0), first.Error);
        Assert.DoesNotContain("adapts the denoiser", first.Error, StringComparison.Ordinal);
        Assert.Contains($"version 1 (adapted-1) from frame {At}", File.ReadAllText(_folder.File("a/report.html")), StringComparison.Ordinal);
        var pages = File.ReadAllBytes(_folder.File("a/denoised.mrc"));
        Assert.Equal(pages, File.ReadAllBytes(_folder.File("b/denoised.mrc")));
        Assert.Equal(File.ReadAllBytes(_folder.File("a/tracks.csv")), File.ReadAllBytes(_folder.File("b/tracks.csv")));

        // Up to the change the pictures are those of a session that never changed, from there on they are not.
        var never = await ProgramRun.RunAsync("analyze", await RecordAsync(General, changes: false), "--out", _folder.File("c"), "--write-denoised");
        Assert.True(never.ExitCode == 0, never.Error);
        var other = File.ReadAllBytes(_folder.File("c/denoised.mrc"));
        const int header = 1024, page = Side * Side * 4;
        Assert.Equal(other[header..(header + (At * page))], pages[header..(header + (At * page))]);
        Assert.NotEqual(other[(header + (At * page))..(header + ((At + 1) * page))], pages[(header + (At * page))..(header + ((At + 1) * page))]);
    }

    public void Dispose()
    {
        _folder.Dispose();
        Assert.Equal(0, _pool.Outstanding);
        _pool.Dispose();
    }

    /// <summary>A session as a live one leaves it, whose denoiser changed at a frame.</summary>
    private async Task<string> RecordAsync(string begins, bool changes = true)
    {
        var (card, network) = DenoiseCard.Read(DenoiseCard.General);
        var simulator = new Simulator("soft", new SceneOptions { SizePx = Side, Seed = 4 });
        var gauge = new FrameGauge();
        var description = new SessionDescription { Source = "sim", Calibration = Calibration.Unknown, ProfileName = "soft", ProfileText = ProfileStore.Load("soft").Text, Version = "0.1.0" };
        await using var store = SessionStore.Create(_folder.File("sessions"), description, new SessionStoreOptions { WriteResults = false });
        var frames = Enumerable.Range(0, Frames).Select(number => Next(simulator, number)).ToList();
        foreach (var frame in frames)
        {
            store.Append(frame, gauge.Read(frame));
        }

        // The shipped network that knows another noise: enough for another picture.
        var spectrum = RecordingSpectrum.Of(SpectrumEstimator.Of(frames, new RecordingLevel(frames)), new RecordingLevel(frames).Usual, 1);
        var adapted = card with { Name = "adapted-1", File = "adapted-1.onnx", Spectrum = spectrum with { Noise = [.. spectrum.Noise.Select(noise => 2 * noise)] } };
        frames.ForEach(frame => frame.Dispose());
        store.SetFirstDenoiser(new DenoiserInUse { Version = 0, Name = "general", Sha256 = begins });
        if (changes)
        {
            File.WriteAllBytes(_folder.File("adapted-1.onnx"), network);
            File.WriteAllBytes(_folder.File("adapted-1.json"), JsonSerializer.SerializeToUtf8Bytes(adapted, ModelCard.Json));
            store.KeepDenoiser(_folder.File("adapted-1.onnx"), _folder.File("adapted-1.json"));
            store.Add(new DenoiserChange { Time = DateTimeOffset.UnixEpoch, Frame = At, Denoiser = new DenoiserInUse { Version = 1, Name = "adapted-1", Sha256 = card.Sha256, FirstFrame = At } });
        }

        await store.CompleteAsync(TestContext.Current.CancellationToken);
        return store.Folder;
    }

    private Frame Next(Simulator simulator, long number)
    {
        using var draft = _pool.Rent(Side, Side, PixelType.UInt16);
        simulator.Next(draft.Bytes);
        return draft.Publish(new FrameHeader { Number = number });
    }
}
