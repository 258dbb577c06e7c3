"""The guest agent: everything that runs inside a box. Standard library only; imported by nothing on the host.

Two roles in separate processes. The **tests role** is the agent itself: it runs the tests and speaks with the host. The
**program role** is forked from it before any byte of a job has arrived, set apart in namespaces of its own, and loads
the untrusted source. Values cross between them in `values`' encoding and nothing else does.

    host ──frames──► agent = tests role ──control──► keeper (pid 1 of the program's namespace) ──fork──► program role
                          └──────────────────────── calls and values ───────────────────────────────────────┘
"""
