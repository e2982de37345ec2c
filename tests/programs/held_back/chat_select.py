import select
import socket

main = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
main.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
main.bind(("127.0.0.1", 12305))
main.listen(64)
poller = select.poll()
poller.register(main, select.POLLIN)
people = {}


def drop(number):
    poller.unregister(number)
    people.pop(number).close()


def tell(author, data):
    for number in list(people):
        if number != author:
            try:
                people[number].send(data, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
            except BlockingIOError:
                drop(number)
            except OSError:
                drop(number)


try:
    while True:
        for number, event in poller.poll():
            if number == main.fileno():
                person, _ = main.accept()
                people[person.fileno()] = person
                poller.register(person, select.POLLIN)
            elif number in people:
                data = people[number].recv(65536)
                if data:
                    tell(number, data)
                else:
                    drop(number)
except KeyboardInterrupt:
    main.close()
