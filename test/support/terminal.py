"""Runs a program on a pseudo-terminal of 100 columns: terminal.py '[["wait for this", "then type that"], ...]' program arguments...

Prints what the terminal showed, raw, and ends as the program ended.
"""
import fcntl, json, os, pty, select, struct, sys, termios, time

steps = json.loads(sys.argv[1])
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))

shown = b""
read_up_to = 0
deadline = time.monotonic() + 100
while time.monotonic() < deadline:
    if select.select([terminal], [], [], 0.05)[0]:
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # the program has closed its end
            break
        if not piece:
            break
        shown += piece
    while steps and (place := shown.find(steps[0][0].encode(), read_up_to)) >= 0:
        read_up_to = place + len(steps[0][0].encode())
        os.write(terminal, steps.pop(0)[1].encode())

sys.stdout.buffer.write(shown)
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
