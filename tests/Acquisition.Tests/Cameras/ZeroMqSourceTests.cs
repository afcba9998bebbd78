using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;
using LiveLtem.Acquisition.Cameras.ZeroMq;
using LiveLtem.Core;

namespace LiveLtem.Acquisition.Tests.Cameras;

public sealed class ZeroMqSourceTests : FrameSourceContract, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly List<IDisposable> _senders = [];
    private readonly KeptLog _log = new();

    public static TheoryData<string, string, string[]> FaultyMessages => new()
    {
        { "header", "no JSON", ["these are no pixels", "40"] },
        { "header", "no object", ["[1,2]", "40"] },
        { "v", "found 2; allowed: 1", [ZeroMqSender.Header(1).Replace("\"v\":1", "\"v\":2", StringComparison.Ordinal), "40"] },
        { "frame", "found -1", [ZeroMqSender.Header(-1), "40"] },
        { "frame", "is missing", ["""{"v":1,"dtype":"uint16","shape":[4,5]}""", "40"] },
        { "dtype", "found \"float64\"; allowed: uint8, int8", ["""{"v":1,"frame":1,"dtype":"float64","shape":[4,5]}""", "160"] },
        { "shape", "found 0; allowed", [ZeroMqSender.Header(1, height: 0), "0"] },
        { "shape", "found 3 numbers", ["""{"v":1,"frame":1,"dtype":"uint16","shape":[4,5,1]}""", "40"] },
        { "shape", "8589934592 bytes; allowed", [ZeroMqSender.Header(1, 65536, 65536), "40"] },
        { "shape", "found 5 x 4 uint16", [ZeroMqSender.Header(1, 5, 4), "40"] },
        { "shape", "found 4 x 5 int16", [ZeroMqSender.Header(1, type: PixelType.Int16), "40"] },
        { "pixels", "found 39 bytes; 4 x 5 uint16 has 40", [ZeroMqSender.Header(1), "39"] },
        { "message", "found 1 parts", [ZeroMqSender.Header(1)] },
        { "message", "found 3 parts", [ZeroMqSender.Header(1), "40", "0"] },
    };

    public static TheoryData<string, string> BadAddresses => new()
    {
        { "zmq:", "not an address" },
        { "zmq://127.0.0.1", "port is missing" },
        { "zmq://127.0.0.1:0", "port is missing" },
        { "zmq://127.0.0.1:99999", "not an address" },
        { "zmq://127.0.0.1:5555/path", "not an address" },
        { "zmq://127.0.0.1:5555?pattern=req", "'pattern=req' is not understood" },
        { "zmq://127.0.0.1:5555?bind=1&pattern=sub", "a subscriber connects" },
        { "zmq://0.0.0.0:5555?bind=1", "loopback only" },
        { "zmq://camera-pc:5555?bind=1", "loopback only" },
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _senders.ForEach(sender => sender.Dispose());

    protected override async Task<IFrameSource> OpenAsync()
    {
        var sender = Bind();
        var opening = OpenAsync(sender.Address);
        sender.Frames(0, 5);
        sender.End(5);
        return await opening;
    }

    [Theory]
    [InlineData(PixelType.UInt8)]
    [InlineData(PixelType.Int8)]
    [InlineData(PixelType.UInt16)]
    [InlineData(PixelType.Int16)]
    [InlineData(PixelType.UInt32)]
    [InlineData(PixelType.Int32)]
    [InlineData(PixelType.Float32)]
    public async Task Frames_keep_their_order_numbers_times_and_pixels(PixelType type)
    {
        var sender = Bind();
        var opening = OpenAsync(sender.Address);
        long[] numbers = [7, 8, 11, 12];
        foreach (var number in numbers)
        {
            sender.Frame(number, 6, 3, type, $",\"time_s\":{number * 0.5}");
        }

        sender.End(4);
        var source = await opening;
        using var pool = new FramePool();
        var channel = Channel.CreateUnbounded<Frame>();
        await source.RunAsync(pool, channel.Writer, Token).WaitAsync(Patience, Token);

        foreach (var number in numbers)
        {
            Assert.True(channel.Reader.TryRead(out var frame));
            using (frame)
            {
                Assert.Equal((number, 6, 3, type), (frame.Number, frame.Height, frame.Width, frame.Type));
                Assert.Equal((number - 7) * 0.5, frame.Header.SourceTimeS);
                Assert.Equal(ZeroMqSender.Pixels(number, 6, 3, type), frame.Bytes.ToArray());
            }
        }

        await source.DisposeAsync();
        Assert.False(channel.Reader.TryRead(out _));
        Assert.Equal(0, pool.Outstanding);
        Assert.Empty(_log.Lines);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_the_camera_states_of_itself_is_known_and_what_it_cannot_mean_is_not()
    {
        var sender = Bind();
        var opening = OpenAsync(sender.Address);
        const string facts = """,          "name":"Tibor\u0027s camera","pixel_size_nm":0.5,"frame_time_s":0.04,"exposure_s":0.03,"counts_per_electron":12,"dark_level":-3,"transmission":20,"kv":300,"gain_mode":{"deep":[1,{"er":2}]}""";
        sender.Frame(0, more: facts);
        sender.Frame(1, more: facts.Replace("0.5", "0.7", StringComparison.Ordinal));
        sender.End(2);
        await using var source = await opening;

        var known = source.Info.Calibration;
        Assert.Equal((0.5, 0.04, 0.03), (known.PixelSizeNm?.Value, known.FrameTimeS?.Value, known.ExposureS?.Value));
        Assert.Equal((12, -3, 300), (known.CountsPerElectron?.Value, known.DarkLevel?.Value, known.Kv?.Value));
        Assert.Null(known.Transmission);
        Assert.Equal("Tibor's camera", known.PixelSizeNm!.Origin.Replace("\\u0027", "'", StringComparison.Ordinal));
        Assert.Contains("transmission: found 20", Assert.Single(source.Info.Warnings), StringComparison.Ordinal);
        Assert.Equal(2, (await SourceRun.OfAsync(source)).Frames.Count);
        Assert.Contains(_log.Lines, line => line.Contains("frame 1 states another calibration", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(FaultyMessages))]
    public async Task A_message_that_is_not_what_it_should_be_is_told_once_and_passed_over(string field, string told, string[] parts)
    {
        var message = parts.Select((part, i) => i == 0 ? Encoding.UTF8.GetBytes(part) : new byte[int.Parse(part)]).ToArray();
        var sender = Bind();
        var opening = OpenAsync(sender.Address);
        sender.Frame(0);
        sender.Send(message);
        sender.Send(message);
        sender.Frame(2);
        sender.End(4);
        var source = await opening;
        var run = await SourceRun.OfAsync(source);

        Assert.Equal([0, 2], run.Frames.Select(frame => frame.Header.Number));
        Assert.Equal(2, ((ZeroMqSource)source).FramesPassedOver);
        Assert.Collection(
            _log.Lines,
            first => Assert.True(first.StartsWith(sender.Address, StringComparison.Ordinal) && first.Contains($"{field}: ", StringComparison.Ordinal) && first.Contains(told, StringComparison.Ordinal), first),
            end => Assert.Contains("ended after 4 frames, 2 came: 2 are lost", end, StringComparison.Ordinal),
            total => Assert.Contains($"2 messages were passed over ({field} 2)", total, StringComparison.Ordinal));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_faulty_message_before_the_first_frame_is_passed_over_too()
    {
        var sender = Bind();
        var opening = OpenAsync(sender.Address);
        sender.Send([1, 2, 3], []);
        sender.Send(Encoding.UTF8.GetBytes(ZeroMqSender.Header(0, 9, 9)), new byte[3]);
        sender.Frames(1, 2);
        sender.End(3);

        Assert.Equal([1, 2], (await SourceRun.OfAsync(await opening)).Frames.Select(frame => frame.Header.Number));
    }

    [Fact(Timeout = 60_000)]
    public async Task Frames_that_come_twice_or_late_are_passed_over()
    {
        var sender = Bind();
        var opening = OpenAsync(sender.Address);
        foreach (var number in (long[])[5, 6, 6, 8, 7, 9])
        {
            sender.Frame(number);
        }

        sender.End(5);

        Assert.Equal([5, 6, 8, 9], (await SourceRun.OfAsync(await opening)).Frames.Select(frame => frame.Header.Number));
        Assert.Contains(_log.Lines, line => line.Contains("ended after 5 frames, 4 came: 1 are lost", StringComparison.Ordinal));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_sender_that_was_killed_and_started_again_goes_on_in_the_same_session()
    {
        var sender = Bind();
        var opening = OpenAsync(sender.Address);
        sender.Frames(0, 4);
        await using var running = new Running(await opening);
        Assert.Equal((long[])[0, 1, 2, 3], await running.TakeAsync(4));
        sender.Dispose();

        using var again = await ZeroMqSender.BindAgainAsync(sender.Port);
        again.Frames(0, 3);
        Assert.Equal((long[])[4, 5, 6], await running.TakeAsync(3));
        again.End(3);
        await running.EndAsync();

        Assert.Contains("the sender counts anew: frame 0 came after frame 3; it is frame 4", Assert.Single(_log.Lines), StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Times_go_on_over_a_restart()
    {
        var sender = Bind();
        var opening = OpenAsync(sender.Address);
        for (var start = 0; start < 2; start++)
        {
            for (var i = 0; i < 50; i++)
            {
                sender.Frame(i, more: FormattableString.Invariant($",\"time_s\":{100 + (i * 0.1)}"));
            }
        }

        sender.End(50);
        var frames = (await SourceRun.OfAsync(await opening)).Frames;

        Assert.Equal(Enumerable.Range(0, 100).Select(i => (long)i), frames.Select(frame => frame.Header.Number));
        Assert.Equal(0, frames[0].Header.SourceTimeS);
        Assert.Equal(4.9, frames[49].Header.SourceTimeS!.Value, 9);
        Assert.True(frames[50].Header.SourceTimeS >= frames[49].Header.SourceTimeS);
        Assert.Equal(frames[50].Header.SourceTimeS!.Value + 4.9, frames[99].Header.SourceTimeS!.Value, 9);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_silent_sender_can_be_given_up_at_once()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var nobody = AcquisitionServices.CreateFrameSources().OpenAsync("zmq://127.0.0.1:9", null, stop.Token);
        var sender = Bind();
        var opening = OpenAsync(sender.Address);
        sender.Frame(0);
        await using var source = await opening;
        using var pool = new FramePool();
        var channel = Channel.CreateUnbounded<Frame>();
        var run = source.RunAsync(pool, channel.Writer, stop.Token);
        (await channel.Reader.ReadAsync(Token)).Dispose();
        Assert.False(run.IsCompleted || nobody.IsCompleted);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run.WaitAsync(Patience, Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => nobody.WaitAsync(Patience, Token));
        Assert.Equal(0, pool.Outstanding);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_series_that_ends_before_its_first_frame_is_an_error()
    {
        var sender = Bind();
        var opening = OpenAsync(sender.Address);
        sender.End(0);

        Assert.Contains("before the first frame", (await Assert.ThrowsAsync<FrameFormatException>(() => opening.WaitAsync(Patience, Token))).Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_published_movie_is_subscribed_to_and_its_gaps_stay()
    {
        var sender = Keep(ZeroMqSender.BindPublisher());
        var opening = OpenAsync(sender.Address + "?pattern=sub");
        sender.WaitForSubscriber();
        sender.End(9); // of a movie before
        sender.Frame(100);
        sender.Frame(104);
        sender.End(2);
        await using var source = await opening;

        Assert.True(source.IsLive);
        Assert.Equal([100, 104], (await SourceRun.OfAsync(source)).Frames.Select(frame => frame.Header.Number));
    }

    [Fact(Timeout = 60_000)]
    public async Task Several_senders_may_connect_where_the_reader_listens()
    {
        var port = FreePort();
        var opening = OpenAsync($"zmq://localhost:{port}?bind=1");
        var one = Keep(ZeroMqSender.Connect(port));
        one.Frames(0, 3);
        one.End(3);

        Assert.Equal(3, (await SourceRun.OfAsync(await opening)).Frames.Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task Random_bytes_on_the_port_keep_no_frame_away()
    {
        var port = FreePort();
        var opening = OpenAsync($"zmq://127.0.0.1:{port}?bind=1");
        var random = new Random(1);
        var sender = Keep(ZeroMqSender.Connect(port));
        sender.Frame(0);
        var source = await opening; // the port is open
        for (var i = 1; i < 30; i++)
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, port, Token);
            var noise = new byte[random.Next(1, 20_000)];
            random.NextBytes(noise);
            Greet(noise, i);
            await SendAnywayAsync(client, noise);
            sender.Frame(i);
        }

        sender.End(30);

        Assert.Equal(30, (await SourceRun.OfAsync(source)).Frames.Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_port_that_speaks_something_else_is_waited_for()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        var opening = OpenAsync($"zmq://127.0.0.1:{port}");
        var random = new Random(2);
        for (var i = 0; i < 3; i++)
        {
            using var client = await other.AcceptTcpClientAsync(Token);
            var noise = new byte[2000];
            random.NextBytes(noise);
            Greet(noise, i);
            await SendAnywayAsync(client, noise);
        }

        other.Stop();
        Assert.False(opening.IsCompleted);
        using var sender = await ZeroMqSender.BindAgainAsync(port);
        sender.Frames(0, 3);
        sender.End(3);

        Assert.Equal(3, (await SourceRun.OfAsync(await opening.WaitAsync(Patience, Token))).Frames.Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_megabyte_of_pixels_costs_no_garbage()
    {
        const int Side = 1024;
        const int Frames = 20;
        const int Batches = 10;
        var sender = Bind();
        var opening = OpenAsync(sender.Address);
        var pixels = ZeroMqSender.Pixels(0, Side, Side, PixelType.UInt8);
        var header = Encoding.UTF8.GetBytes(ZeroMqSender.Header(0, Side, Side, PixelType.UInt8));
        sender.Send(header, pixels);
        await using var running = new Running(await opening);
        await running.TakeAsync(1);
        await SendAndTakeAsync(1, Frames);
        var each = long.MaxValue;
        for (var batch = 1; batch <= Batches; batch++)
        {
            // What other tests of this process allocate meanwhile is counted too; garbage of the source itself is in every batch.
            var before = GC.GetTotalAllocatedBytes(precise: true);
            await SendAndTakeAsync(1 + (batch * Frames), Frames);
            each = Math.Min(each, (GC.GetTotalAllocatedBytes(precise: true) - before) / Frames);
        }

        sender.End(1 + ((Batches + 1) * Frames));
        await running.EndAsync();

        Assert.True(each < Side * Side / 20, $"{each} bytes a frame");

        async Task SendAndTakeAsync(int first, int count)
        {
            for (var number = first; number < first + count; number++)
            {
                sender.Send(Encoding.UTF8.GetBytes(ZeroMqSender.Header(number, Side, Side, PixelType.UInt8)), pixels);
                Assert.Equal((long[])[number], await running.TakeAsync(1));
            }
        }
    }

    [Theory]
    [MemberData(nameof(BadAddresses))]
    public void An_address_that_cannot_be_meant_is_refused_with_what_would_do(string address, string told) =>
        Assert.Contains(told, Assert.Throws<InputException>(() => AcquisitionServices.CreateFrameSources().Open(address)).Message, StringComparison.Ordinal);

    [Fact(Timeout = 60_000)]
    public async Task A_host_that_is_not_known_and_a_port_that_is_taken_are_told()
    {
        var unknown = await Assert.ThrowsAsync<InputException>(() => OpenAsync("zmq://no-such-machine.invalid:5555"));
        Assert.Contains("no machine of the name 'no-such-machine.invalid'", unknown.Message, StringComparison.Ordinal);
        var sender = Bind();
        var taken = await Assert.ThrowsAsync<InputException>(() => OpenAsync(sender.Address + "?bind=1"));
        Assert.Contains("is in use", taken.Message, StringComparison.Ordinal);
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    /// <summary>Lets some of the noise begin as ZeroMQ does, so that it gets further.</summary>
    private static void Greet(byte[] noise, int round)
    {
        byte[] greeting = [0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 0x7F, 3, 0, (byte)'N', (byte)'U', (byte)'L', (byte)'L'];
        if (round % 2 == 1 && noise.Length > 64)
        {
            greeting.CopyTo(noise, 0);
            noise.AsSpan(greeting.Length, 48).Clear();
        }
    }

    private static async Task SendAnywayAsync(TcpClient client, byte[] noise)
    {
        try
        {
            await client.GetStream().WriteAsync(noise, Token);
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            // It hung up first.
        }
    }

    private ZeroMqSender Bind() => Keep(ZeroMqSender.Bind());

    private ZeroMqSender Keep(ZeroMqSender sender)
    {
        _senders.Add(sender);
        return sender;
    }

    private Task<IFrameSource> OpenAsync(string address) =>
        AcquisitionServices.CreateFrameSources().OpenAsync(address, new SourceOptions { Logger = _log }, Token);

    /// <summary>A source that runs while the test goes on.</summary>
    private sealed class Running : IAsyncDisposable
    {
        private readonly IFrameSource _source;
        private readonly FramePool _pool = new();
        private readonly Channel<Frame> _channel = Channel.CreateUnbounded<Frame>();
        private readonly Task _run;

        public Running(IFrameSource source)
        {
            _source = source;
            _run = source.RunAsync(_pool, _channel.Writer, Token);
        }

        public async Task<long[]> TakeAsync(int count)
        {
            var numbers = new long[count];
            for (var i = 0; i < count; i++)
            {
                using var frame = await _channel.Reader.ReadAsync(Token).AsTask().WaitAsync(Patience, Token);
                numbers[i] = frame.Number;
            }

            return numbers;
        }

        public Task EndAsync() => _run.WaitAsync(Patience, Token);

        public async ValueTask DisposeAsync()
        {
            await _source.DisposeAsync();
            Assert.Equal(0, _pool.Outstanding);
            _pool.Dispose();
        }
    }
}
