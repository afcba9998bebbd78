"""A running session over ZeroMQ: what it says, as it says it."""
import msgpack
import numpy as np
import zmq


def messages(endpoint="tcp://127.0.0.1:5556", topics=("tracks", "dose"), timeout_s=20):
    """Yields (topic, header, content) for ever; pixels as arrays, everything else as decoded maps.

    `header["seq"]` counts the messages of a topic without a gap: a step over more than one says how many this reader was too slow for.
    Raises TimeoutError when nothing comes for `timeout_s`.
    """
    with zmq.Context() as context, context.socket(zmq.SUB) as socket:
        socket.setsockopt(zmq.LINGER, 0)
        socket.setsockopt(zmq.RCVTIMEO, int(1000 * timeout_s))
        socket.connect(endpoint)
        for topic in topics:
            socket.subscribe(topic.encode())
        while True:
            try:
                topic, header, payload = socket.recv_multipart()
            except zmq.Again:
                raise TimeoutError(f"{endpoint} said nothing for {timeout_s} s") from None
            header = msgpack.unpackb(header)
            if topic in (b"frame", b"denoised"):
                yield topic.decode(), header, np.frombuffer(payload, header["dtype"]).reshape(header["shape"])
            else:
                yield topic.decode(), header, msgpack.unpackb(payload)
