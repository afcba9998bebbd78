using System.Diagnostics;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using LiveLtem.Broadcast.Hub;
using LiveLtem.Broadcast.Protos;
using LiveLtem.Broadcast.Wire;

namespace LiveLtem.Broadcast.Tests;

/// <summary>The wire in the hands of Debian's own Python packages.</summary>
public sealed class PythonTests : IDisposable
{
    private const string Python = "/usr/bin/python3";

    private const string Subscriber =
        """
        import sys, zmq, msgpack
        socket = zmq.Context().socket(zmq.SUB)
        socket.setsockopt(zmq.RCVTIMEO, 20000)
        socket.setsockopt(zmq.HEARTBEAT_IVL, 100)
        socket.connect(sys.argv[1])
        socket.subscribe(b"")
        seen = {}
        while len(seen) < 9:
            topic, header, payload = socket.recv_multipart()
            header = msgpack.unpackb(header)
            topic = topic.decode()
            body = payload if topic in ("frame", "denoised") else msgpack.unpackb(payload)
            seen[topic] = (header, body)
        header, pixels = seen["frame"]
        import array
        a = array.array("H", pixels)
        print(header["v"], header["session"], header["dtype"], header["shape"], header["encoding"], len(a), a[1] - a[0])
        header, pixels = seen["denoised"]
        print(header["dtype"], header["shape"], array.array("f", pixels)[1])
        print(seen["dose"][1]["dose_e_A2"] is not None, seen["dose"][1]["dose_rate_e_A2_s"])
        t = seen["tracks"][1]
        print(len(t), t["particle"], t["angle_deg"], t["flags"][1], set(map(len, t.values())))
        print([len(points) for _, _, points in seen["overlay"][1]["contours"]])
        print(seen["alert"][1]["kind"], seen["event"][1]["kind"], seen["event"][1]["alert"]["state"])
        print(seen["status"][1]["ledger"]["received"], seen["status"][1]["calibration"]["pixel_size_nm"]["value"])
        """;

    private const string Caller =
        """
        import sys, grpc
        from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
        files = descriptor_pb2.FileDescriptorSet.FromString(open(sys.argv[2], "rb").read())
        pool = descriptor_pool.DescriptorPool()
        for file in files.file:
            pool.Add(file)
        make = message_factory.MessageFactory(pool).GetPrototype
        message = lambda name: make(pool.FindMessageTypeByName("liveltem.v1." + name))
        channel = grpc.insecure_channel(sys.argv[1])
        def call(kind, path, answer):
            return getattr(channel, kind)("/liveltem.v1." + path, request_serializer=lambda m: m.SerializeToString(), response_deserializer=message(answer).FromString)
        stream = call("unary_stream", "Live/Dose", "DoseUpdate")(message("DoseRequest")(), timeout=20)
        print("subscribed", stream.initial_metadata() is not None, flush=True)
        update = next(stream)
        print(update.row.HasField("dose_rate_e_a2_s"), update.row.HasField("dose_e_a2"), update.stamp.session, update.stamp.dropped)
        stream.cancel()
        answer = call("unary_unary", "Operator/Annotate", "AnnotateResponse")(message("AnnotateRequest")(text="from Python", x=1.5), timeout=20)
        print(answer.event.id, answer.event.annotation.text, answer.event.annotation.x, answer.event.annotation.HasField("y"))
        try:
            call("unary_unary", "Operator/Annotate", "AnnotateResponse")(message("AnnotateRequest")(), timeout=20)
        except grpc.RpcError as error:
            print(error.code().name, error.details())
        """;

    private readonly TempFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task A_Python_subscriber_decodes_every_topic()
    {
        await NeedAsync("zmq", "python3-zmq");
        await NeedAsync("msgpack", "python3-msgpack");
        await using var running = await Running.StartAsync();
        using var python = Start(Subscriber, running.Server.ZmqEndpoint);
        await Running.UntilAsync(() => python.HasExited || ((LiveHub)running.Server.Publisher).Wanted(Topic.Event));
        running.Publish(7);
        running.Operator.Add(Samples.Events()[3]);
        Assert.Equal(
            """
            1 20260101-120000-test uint16 [64, 96] raw 6144 1
            float32 [64, 96] 8.5
            True None
            19 [0, 1, 2, 3, 4] [None, 12.5, None, 12.5, None] border|gap {5}
            [96, 8, 96, 8, 96]
            disk_space alert raised
            40 0.5
            """,
            (await OutputAsync(python)).Trim());
    }

    [Fact(Timeout = 60_000)]
    public async Task A_Python_client_reads_a_stream_and_annotates()
    {
        await NeedAsync("grpc", "python3-grpcio");
        await NeedAsync("google.protobuf", "python3-protobuf");
        await using var running = await Running.StartAsync();
        var descriptors = _folder.File("liveltem.desc");
        await File.WriteAllBytesAsync(descriptors, Descriptors(), Token);
        using var python = Start(Caller, running.Server.GrpcUrl.Authority, descriptors);
        await Running.UntilAsync(() => python.HasExited || ((LiveHub)running.Server.Publisher).Wanted(Topic.Dose));
        running.Publish(7);
        Assert.Equal(
            """
            subscribed True
            False True 20260101-120000-test 0
            1 from Python 1.5 False
            INVALID_ARGUMENT a remark has 1 to 4000 characters
            """,
            (await OutputAsync(python)).Trim());
        Assert.Equal("from Python", ((Core.Live.Annotation)running.Operator.EventsAfter(0).Single()).Text);
    }

    public void Dispose() => _folder.Dispose();

    private static byte[] Descriptors()
    {
        var set = new FileDescriptorSet();
        foreach (var file in new[] { CommonReflection.Descriptor, LiveReflection.Descriptor, OperatorReflection.Descriptor, SessionsReflection.Descriptor })
        {
            set.File.Add(FileDescriptorProto.Parser.ParseFrom(file.SerializedData));
        }

        return set.ToByteArray();
    }

    private static async Task NeedAsync(string module, string package)
    {
        Assert.SkipUnless(File.Exists(Python), $"there is no {Python}");
        using var python = Start($"import {module}");
        await python.WaitForExitAsync(Token);
        Assert.SkipUnless(python.ExitCode == 0, $"{package} is not installed");
    }

    private static Process Start(string script, params string[] arguments) =>
        Process.Start(new ProcessStartInfo(Python, ["-c", script, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;

    private static async Task<string> OutputAsync(Process python)
    {
        var error = python.StandardError.ReadToEndAsync(Token);
        var output = await python.StandardOutput.ReadToEndAsync(Token);
        await python.WaitForExitAsync(Token);
        return python.ExitCode == 0 ? output : output + await error;
    }
}
