/* An SMTP server that takes every message and keeps none: fast enough that the client is the bound.

   fast_sink PORT [LATENCY_MS]

   Listens on 127.0.0.1 (port 0: any free one) and prints the port. Speaks ESMTP with PIPELINING and SIZE; with a
   latency, each reply leaves so long after what it answers, as over a long road. On SIGTERM it prints how many
   messages it took and how many bytes of them, and ends.

   One thread, level-triggered epoll. What a read leaves unfinished (part of a command, or the last bytes of a
   message, which may be the beginning of its end) is kept and put before what the next read brings. */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 128, KEPT = 4096, READ = 1 << 18, REPLIES = 256 };

static const char END[] = "\r\n.\r\n";
enum { END_LENGTH = 5 };

struct reply {
    int64_t due_us;
    const char *text;
};

struct connection {
    int fd;
    bool in_message, leaving;
    size_t kept;
    char rest[KEPT];
    unsigned first, last; /* of the replies that wait; they are all due in the order they were made */
    struct reply replies[REPLIES];
    struct connection *next;
};

static struct connection *connections;
static int64_t latency_us;
static uint64_t messages, message_bytes;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static int64_t now_us(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * INT64_C(1000000) + time.tv_nsec / 1000;
}

static void answer(struct connection *connection, const char *text) {
    struct reply *reply = &connection->replies[connection->last++ % REPLIES];
    reply->due_us = latency_us ? now_us() + latency_us : 0;
    reply->text = text;
}

/* Answers one command, which ends before `end`. Returns whether a message follows. */
static bool obey(struct connection *connection, const char *command, size_t length) {
    if (length >= 4 && !strncasecmp(command, "DATA", 4)) {
        answer(connection, "354 Go on\r\n");
        return true;
    }
    if (length >= 4 && !strncasecmp(command, "EHLO", 4)) {
        answer(connection, "250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 52428800\r\n");
    } else if (length >= 4 && !strncasecmp(command, "QUIT", 4)) {
        answer(connection, "221 2.0.0 Bye\r\n");
        connection->leaving = true;
    } else {
        answer(connection, "250 2.1.0 Ok\r\n");
    }
    return false;
}

/* Takes in what came; returns how much of it was understood. The rest is to be offered again with more. */
static size_t take_in(struct connection *connection, const char *data, size_t length) {
    size_t at = 0;
    while (at < length) {
        if (connection->in_message) {
            const char *end = memmem(data + at, length - at, END, END_LENGTH);
            size_t after = end ? (size_t)(end - data) + END_LENGTH : length - (END_LENGTH - 1);
            if (!end && length - at < END_LENGTH)
                return at;
            message_bytes += after - at;
            at = after;
            if (!end)
                return at;
            connection->in_message = false;
            messages++;
            answer(connection, "250 2.0.0 Ok: taken\r\n");
        } else {
            const char *newline = memchr(data + at, '\n', length - at);
            if (!newline)
                return at;
            size_t after = (size_t)(newline - data) + 1;
            connection->in_message = obey(connection, data + at, after - at);
            /* The line end of DATA is also the one before the dot of an empty message. */
            at = connection->in_message && after - at >= 2 ? after - 2 : after;
        }
    }
    return at;
}

/* Sends what is due. Returns whether the connection is still wanted. */
static bool send_due(struct connection *connection) {
    static char out[1 << 15];
    size_t length = 0;
    int64_t now = latency_us ? now_us() : 0;
    while (connection->first != connection->last) {
        const struct reply *reply = &connection->replies[connection->first % REPLIES];
        if (reply->due_us > now)
            break;
        length = (size_t)(stpcpy(out + length, reply->text) - out);
        connection->first++;
    }
    for (size_t sent = 0; sent < length;) {
        ssize_t wrote = send(connection->fd, out + sent, length - sent, MSG_NOSIGNAL);
        if (wrote < 0)
            return false;
        sent += (size_t)wrote;
    }
    return !(connection->leaving && connection->first == connection->last);
}

/* Reads once, and answers. Returns whether the connection is still wanted. */
static bool serve(struct connection *connection) {
    static char data[KEPT + READ];
    memcpy(data, connection->rest, connection->kept);
    ssize_t came = recv(connection->fd, data + connection->kept, READ, 0);
    if (came <= 0)
        return false;
    size_t length = connection->kept + (size_t)came;
    size_t understood = take_in(connection, data, length);
    connection->kept = length - understood;
    if (connection->kept > KEPT || connection->last - connection->first > REPLIES)
        return false;
    memcpy(connection->rest, data + understood, connection->kept);
    return send_due(connection);
}

static void welcome(int listener, int poller) {
    struct connection *connection = calloc(1, sizeof *connection);
    connection->fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (connection->fd < 0)
        fail("accept");
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, connection->fd, &event))
        fail("epoll_ctl");
    connection->next = connections;
    connections = connection;
    answer(connection, "220 sink ESMTP\r\n");
    send_due(connection);
}

static void forget(struct connection *connection) {
    struct connection **place = &connections;
    while (*place != connection)
        place = &(*place)->next;
    *place = connection->next;
    close(connection->fd);
    free(connection);
}

/* Sends the delayed replies whose time has come; returns how many milliseconds to sleep, -1 for ever. */
static int send_delayed(void) {
    int64_t earliest = INT64_MAX;
    for (struct connection *connection = connections, *next; connection; connection = next) {
        next = connection->next;
        if (connection->first != connection->last && !send_due(connection))
            forget(connection);
        else if (connection->first != connection->last && connection->replies[connection->first % REPLIES].due_us < earliest)
            earliest = connection->replies[connection->first % REPLIES].due_us;
    }
    if (earliest == INT64_MAX)
        return -1;
    int64_t left = earliest - now_us();
    return left <= 0 ? 0 : (int)((left + 999) / 1000);
}

static int listen_on(const char *port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, SOMAXCONN))
        fail("listen");
    socklen_t size = sizeof address;
    getsockname(listener, (struct sockaddr *)&address, &size);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

static void watch(int poller, int fd, int *mark) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = mark};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event))
        fail("epoll_ctl");
}

int main(int count, char **words) {
    if (count < 2 || count > 3) {
        fputs("usage: fast_sink PORT [LATENCY_MS]\n", stderr);
        return 2;
    }
    latency_us = count > 2 ? atoll(words[2]) * 1000 : 0;
    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    sigprocmask(SIG_BLOCK, &ending, NULL);
    int listener = listen_on(words[1]), signals = signalfd(-1, &ending, SFD_CLOEXEC), poller = epoll_create1(0);
    watch(poller, listener, &listener);
    watch(poller, signals, &signals);
    for (;;) {
        struct epoll_event events[EVENTS];
        int ready = epoll_wait(poller, events, EVENTS, latency_us ? send_delayed() : -1);
        if (ready < 0 && errno != EINTR)
            fail("epoll_wait");
        for (int index = 0; index < ready; index++) {
            void *who = events[index].data.ptr;
            if (who == &listener) {
                welcome(listener, poller);
            } else if (who == &signals) {
                printf("%llu %llu\n", (unsigned long long)messages, (unsigned long long)message_bytes);
                return 0;
            } else if (!serve(who)) {
                forget(who);
            }
        }
    }
}
