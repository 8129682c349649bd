/* What the ground truth keeps in memory, its clock, its timers, and its way to give bytes to the kernel. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

typedef int64_t i64;
enum { MS = 1000000, SECOND = 1000000000 };

/* What a request may ask for, by its query or its header X-Truth, and the command line by `--delay-ms …`. Those from
 * PAUSE on are oddities: with every=N only each Nth request has them. A name that ends in _ms is kept in ns. */
enum { DELAY, REPLY, TOKENS, TTFT, ITL, EVERY, PAUSE, STATUS, CLOSE, CHUNKED, DROP, TRUNCATE, RESET, GARBAGE, ERROR_AT,
       NO_DONE, CHOICES };
static const char *names[CHOICES] = {"delay_ms", "reply_bytes", "tokens", "ttft_ms", "itl_ms", "every", "pause_ms",
    "status", "close", "chunked", "drop", "truncate", "reset", "garbage", "error_at", "no_done"};
static i64 given[CHOICES] = {[DELAY] = 5 * MS, [REPLY] = 64, [TOKENS] = 100, [TTFT] = 50 * MS, [ITL] = 10 * MS,
    [EVERY] = 1, [STATUS] = 200};

struct row { i64 id, connection, begun, arrived, first, last, status, sent, tokens, received; };
struct token { i64 row, stamp; };
struct line { i64 opened, closed, closed_by; };
enum { BY_CLIENT = 1, BY_SERVER = 2 };
static struct row *rows;
static struct token *tokens;
static struct line *lines;
static size_t n_rows, n_tokens, n_lines, room_rows, room_tokens, room_lines;
static i64 stall_at = -1, stall_for, stall_begin, stall_end, idle, first_request;
static const char *log_path;

struct text { char *at; size_t length, room; };
struct connection {
    int fd, writing, stream, closing, answering;
    i64 number, stamp, begun, due, row, step;
    size_t slot; /* place in the heap, from 1; 0: not there */
    i64 choice[CHOICES];
    struct text in, out;
};

static int epoll, timer, stopping, spin;
static struct connection **heap;
static size_t waiting, room_heap;
static i64 monotonic_less_real, next_look;

static void *grown(void *at, size_t used, size_t *room, size_t size) {
    if (used < *room) return at;
    *room = *room ? *room * 2 : 1024;
    if (!(at = realloc(at, *room * size))) { perror("truth: no memory"); exit(1); }
    return at;
}

static void append(struct text *text, const char *at, size_t length) {
    if (text->length + length > text->room) {
        text->room = (text->length + length) * 2;
        if (!(text->at = realloc(text->at, text->room))) { perror("truth: no memory"); exit(1); }
    }
    memcpy(text->at + text->length, at, length);
    text->length += length;
}

static i64 clock_ns(clockid_t id) {
    struct timespec now;
    clock_gettime(id, &now);
    return now.tv_sec * (i64)SECOND + now.tv_nsec;
}

static i64 now_ns(void) { return clock_ns(CLOCK_MONOTONIC); }

/* A receive stamp is of the wall clock, which may be stepped: the difference is looked at anew ten times a second, and
 * of five looks the one counts that was least interrupted. */
static i64 from_real(i64 real) {
    i64 now = now_ns(), least = INT64_MAX;
    for (int look = 0; look < 5 && now >= next_look; look++) {
        i64 before = now_ns(), between = clock_ns(CLOCK_REALTIME), after = now_ns();
        if (after - before < least) monotonic_less_real = before + (least = after - before) / 2 - between;
    }
    if (now >= next_look) next_look = now + 100 * MS;
    return real + monotonic_less_real < now ? real + monotonic_less_real : now;
}

/* ---- timers: a heap of connections by due time, so that each connection can be moved and taken out ---- */

static void place(struct connection *c, size_t slot) { heap[slot] = c; c->slot = slot; }

static void sift(struct connection *c, size_t slot) {
    for (; slot > 1 && heap[slot / 2]->due > c->due; slot /= 2) place(heap[slot / 2], slot);
    for (size_t child; (child = slot * 2) <= waiting; slot = child) {
        if (child < waiting && heap[child + 1]->due < heap[child]->due) child++;
        if (heap[child]->due >= c->due) break;
        place(heap[child], slot);
    }
    place(c, slot);
}

static void unschedule(struct connection *c) {
    size_t slot = c->slot;
    if (!slot) return;
    struct connection *last = heap[waiting--];
    if (last != c) sift(last, slot);
    c->slot = 0;
}

static void schedule(struct connection *c, i64 due) {
    c->due = due;
    if (!c->slot) { heap = grown(heap, ++waiting, &room_heap, sizeof *heap); c->slot = waiting; }
    sift(c, c->slot);
}

/* ---- connections ---- */

static void finish(struct connection *c, int by) {
    unschedule(c);
    lines[c->number - 1].closed = now_ns();
    lines[c->number - 1].closed_by = by;
    close(c->fd);
    free(c->in.at);
    free(c->out.at);
    free(c);
}

static void watch(struct connection *c, int writing) {
    struct epoll_event event = {.events = EPOLLIN | (writing ? EPOLLOUT : 0), .data.ptr = c};
    if (c->writing != writing) epoll_ctl(epoll, EPOLL_CTL_MOD, c->fd, &event);
    c->writing = writing;
}

/* Give bytes to the kernel; what it does not take waits for EPOLLOUT. Returns 0 where the client is gone. */
static int flush(struct connection *c) {
    ssize_t taken = send(c->fd, c->out.at, c->out.length, MSG_NOSIGNAL);
    if (taken < 0 && errno != EAGAIN) return 0;
    if (taken > 0) { c->out.length -= (size_t)taken; memmove(c->out.at, c->out.at + taken, c->out.length); }
    watch(c, c->out.length > 0);
    return 1;
}

static int put(struct connection *c, const char *at, size_t length) {
    append(&c->out, at, length);
    return c->writing || flush(c);
}
