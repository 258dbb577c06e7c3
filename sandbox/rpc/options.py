"""What both ends of a connection agree on. Portable: the client imports this on any operating system."""

Options = list[tuple[str, int | str]]

# The largest tests are 8 MiB, the largest output 2 x 4 MiB: both fit, and nobody makes the other side hold more.
MESSAGE_BYTES_MAX = 16 * 1024 * 1024


def channel_options() -> Options:
    """Return the options of a client's channel. Times are milliseconds."""
    return [
        ("grpc.max_receive_message_length", MESSAGE_BYTES_MAX),
        ("grpc.max_send_message_length", MESSAGE_BYTES_MAX),
        # A server that vanished without a word (cable, laptop lid) is noticed within 40 s.
        ("grpc.keepalive_time_ms", 30_000),
        ("grpc.keepalive_timeout_ms", 10_000),
        # A server that restarts is found again at once; the client has its own, longer patience on top.
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.max_reconnect_backoff_ms", 2_000),
        # Also the time that one attempt to connect may take.
        ("grpc.min_reconnect_backoff_ms", 5_000),
        # A proxy meant for the web would see the jobs, and break local servers.
        ("grpc.enable_http_proxy", 0),
        # Clients of one process do not share fates.
        ("grpc.use_local_subchannel_pool", 1),
    ]


def server_options() -> Options:
    """Return the options of a server. Times are milliseconds."""
    return [
        ("grpc.max_receive_message_length", MESSAGE_BYTES_MAX),
        ("grpc.max_send_message_length", MESSAGE_BYTES_MAX),
        # A client that vanished is noticed, and its jobs are cancelled.
        ("grpc.keepalive_time_ms", 30_000),
        ("grpc.keepalive_timeout_ms", 10_000),
        ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
        # Two servers on one port would share its connections in silence; the second one must fail instead.
        ("grpc.so_reuseport", 0),
    ]
