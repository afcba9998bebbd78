using Grpc.Core;
using Grpc.Core.Interceptors;
using LiveLtem.Core;
using Microsoft.Extensions.Logging;

namespace LiveLtem.Broadcast.Grpc;

/// <summary>Turns what goes wrong in a call into a status with one line: bad input is the caller's, anything else is logged.</summary>
internal sealed class FaultInterceptor(ILogger logger) : Interceptor
{
    /// <inheritdoc/>
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(request, context).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not RpcException)
        {
            throw Named(error, context);
        }
    }

    /// <inheritdoc/>
    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(request, responseStream, context).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not RpcException)
        {
            throw Named(error, context);
        }
    }

    private RpcException Named(Exception error, ServerCallContext context)
    {
        switch (error)
        {
            case InputException:
                return new RpcException(new Status(StatusCode.InvalidArgument, error.Message.ReplaceLineEndings(" ")));
            case OperationCanceledException or IOException:
                return new RpcException(new Status(StatusCode.Unavailable, "the session has ended, or the caller went"));
            default:
                logger.RequestFailed("gRPC", context.Method, error);
                return new RpcException(new Status(StatusCode.Internal, $"it failed here: {error.Message.ReplaceLineEndings(" ")}"));
        }
    }
}
