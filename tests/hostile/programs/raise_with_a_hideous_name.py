# verdict: FAILED
# cause: EXCEPTION
# fault: PROGRAM
# attack: raises an exception whose name and message break terminals, logs, JSON and protocol buffers
# tests: assert f() == 1
Hideous = type("\x1b]0;x\x07\u202e\n" + "N" * 100_000, (Exception,), {})


def f():
    raise Hideous("\udfff\x00\r\n{\"passed\": true}" * 1000)
