# %% setup
# %% forward
# %% attack
import socket
def attempt(what, action):
    try:
        print(what, "GOT", action())
    except OSError as error:
        print(what, type(error).__name__)
attempt("tcp", lambda: socket.create_connection(("127.0.0.1", 22), 1))
attempt("outside", lambda: socket.create_connection(("1.1.1.1", 53), 1))
attempt("name", lambda: socket.getaddrinfo("pypi.org", 443))
attempt("udp", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("1.1.1.1", 53)))
attempt("raw", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))
attempt("vsock", lambda: socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM).connect((2, 1)))
attempt("bus", lambda: socket.socket(socket.AF_UNIX).connect("/run/dbus/system_bus_socket"))
attempt("abstract", lambda: socket.socket(socket.AF_UNIX).connect("\0/tmp/.X11-unix/X0"))
# %% backward
