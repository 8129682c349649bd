/* The ground truth: an HTTP server whose every arrival and write is known, for measuring those who measure.
 *
 * One thread, one epoll, one timerfd; nothing but libc. It answers at times that it was told, absolute, from the arrival
 * of the last byte of the request, and keeps a log of when bytes came (the kernel's receive stamp, so that a stall of
 * the server is no error of the log) and when they were given to the kernel. `twin.py` does the same in Python;
 * `__init__.py` beside this file describes the command line, the choices of a request and the format of the log.
 */
#include "answer.h"

/* ---- requests ---- */

static void choose(i64 *choice, const char *at, const char *end) {
    while (at < end) {
        const char *stop = memchr(at, '&', (size_t)(end - at)), *equals = memchr(at, '=', (size_t)(end - at));
        if (!stop) stop = end;
        for (int i = 0; equals && equals < stop && i < CHOICES; i++)
            if (strlen(names[i]) == (size_t)(equals - at) && !memcmp(names[i], at, (size_t)(equals - at)))
                choice[i] = (i64)(strtod(equals + 1, NULL) * (strstr(names[i], "_ms") ? MS : 1));
        at = stop + 1;
    }
}

static const char *header(const char *at, const char *end, const char *name, const char **stop) {
    size_t length = strlen(name);
    while (at < end && (at = memchr(at, '\n', (size_t)(end - at)))) {
        if (++at + length < end && at[length] == ':' && !strncasecmp(at, name, length)) {
            for (at += length + 1; *at == ' '; at++) {}
            *stop = memchr(at, '\r', (size_t)(end - at));
            return at;
        }
    }
    return NULL;
}

static int simple(struct connection *c, const char *path) {
    struct text text = {0};
    char *log = NULL, line[96];
    size_t length = 0;
    if (!strncmp(path, "/log", 4)) {
        FILE *file = open_memstream(&log, &length);
        write_log(file);
        fclose(file);
    }
    append(&text, line, (size_t)snprintf(line, sizeof line, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", length));
    append(&text, log ? log : "", length);
    int there = put(c, text.at, text.length);
    free(log);
    free(text.at);
    return there;
}

static void note(struct connection *c, const char *head, const char *end, i64 received) {
    const char *stop, *at = header(head, end, "x-id", &stop);
    rows = grown(rows, n_rows, &room_rows, sizeof *rows);
    rows[n_rows] = (struct row){.id = at ? strtoll(at, NULL, 10) : -1, .connection = c->number, .begun = c->begun,
        .arrived = c->stamp, .received = received};
    c->row = (i64)n_rows++;
    if (!first_request) first_request = c->stamp;
}

static void choose_all(struct connection *c, const char *head, const char *path, const char *end) {
    const char *stop, *at, *query = strpbrk(path, "? ");
    memcpy(c->choice, given, sizeof given);
    if (*query == '?') choose(c->choice, query + 1, strchr(query, ' '));
    if ((at = header(head, end, "x-truth", &stop))) choose(c->choice, at, stop);
    if (c->choice[EVERY] > 1 && (c->row + 1) % c->choice[EVERY]) {
        memcpy(c->choice, given, PAUSE * sizeof *given);
        memset(c->choice + PAUSE, 0, (CHOICES - PAUSE) * sizeof *given);
        c->choice[STATUS] = 200;
    }
    if (c->choice[REPLY] > (i64)sizeof filler) c->choice[REPLY] = sizeof filler;
    c->stream = !strncmp(path, "/stream", 7) || !strncmp(path, "/v1/", 4);
    at = header(head, end, "connection", &stop);
    c->closing = c->choice[CLOSE] || (at && !strncasecmp(at, "close", 5));
}

/* Take one whole request from what was read, and begin its answer. Returns 0 where the connection is no more. */
static int read_requests(struct connection *c) {
    while (!c->answering && c->in.length) {
        char *end = memmem(c->in.at, c->in.length, "\r\n\r\n", 4);
        if (!end) return 1;
        const char *stop, *path = memchr(c->in.at, ' ', c->in.length), *at = header(c->in.at, end + 2, "content-length", &stop);
        size_t head = (size_t)(end - c->in.at) + 4, body = at ? strtoull(at, NULL, 10) : 0;
        if (!path || path > end) { finish(c, BY_SERVER); return 0; }
        if (c->in.length < head + body) return 1;
        int post = !strncmp(c->in.at, "POST ", 5);
        if (post) {
            note(c, c->in.at, end + 2, (i64)body);
            choose_all(c, c->in.at, path + 1, end + 2);
        } else if (!simple(c, path + 1)) { finish(c, BY_CLIENT); return 0; }
        c->in.length -= head + body;
        memmove(c->in.at, c->in.at + head + body, c->in.length);
        c->begun = c->in.length ? c->stamp : 0;
        if (!post) continue;
        c->answering = 1;
        c->step = 0;
        i64 due = c->stamp + (c->stream ? 0 : c->choice[DELAY]);
        if (due > now_ns()) schedule(c, due);
        else { unschedule(c); if (!step(c)) return 0; }
    }
    return 1;
}

static void readable(struct connection *c) {
    static char data[1 << 16];
    union { struct cmsghdr head; char room[CMSG_SPACE(sizeof(struct timespec))]; } control;
    struct iovec part = {data, sizeof data};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    ssize_t length = recvmsg(c->fd, &message, 0);
    if (length < 0 && errno == EAGAIN) return;
    if (length <= 0) { finish(c, BY_CLIENT); return; }
    c->stamp = now_ns();
    for (struct cmsghdr *at = CMSG_FIRSTHDR(&message); at; at = CMSG_NXTHDR(&message, at)) {
        struct timespec stamp;
        if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SCM_TIMESTAMPNS) continue;
        memcpy(&stamp, CMSG_DATA(at), sizeof stamp);
        c->stamp = from_real(stamp.tv_sec * (i64)SECOND + stamp.tv_nsec);
    }
    if (!c->begun) c->begun = c->stamp;
    append(&c->in, data, (size_t)length);
    read_requests(c);
}

static void acceptable(int listener) {
    int on = 1, fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct connection *c = calloc(1, sizeof *c);
        lines = grown(lines, n_lines, &room_lines, sizeof *lines);
        lines[n_lines++] = (struct line){.opened = now_ns()};
        c->fd = fd;
        c->number = (i64)n_lines;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
        epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    }
}

/* ---- the loop ---- */

/* Once: nothing is read or answered for a while, from a time after the first request. */
static void stall_if_due(void) {
    if (stall_at < 0 || stall_begin || !first_request || now_ns() < first_request + stall_at) return;
    i64 until = first_request + stall_at + stall_for;
    struct timespec end = {until / SECOND, until % SECOND};
    stall_begin = now_ns();
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL) == EINTR) {}
    stall_end = now_ns();
}

static void arm(void) {
    static i64 armed;
    i64 due = waiting ? heap[1]->due : 0, stall = first_request + stall_at;
    if (stall_at >= 0 && !stall_begin && first_request && (!due || stall < due)) due = stall;
    if (due == armed) return;
    struct itimerspec at = {.it_value = {due / SECOND, due % SECOND}};
    timerfd_settime(timer, TFD_TIMER_ABSTIME, &at, NULL);
    armed = due;
}

static void serve(int listener) {
    struct epoll_event events[256];
    while (!stopping) {
        arm();
        int n = epoll_wait(epoll, events, 256, spin ? 0 : -1);
        stall_if_due();
        for (int i = 0; i < n; i++) {
            struct connection *c = events[i].data.ptr;
            uint64_t times;
            if (c == NULL) acceptable(listener);
            else if (events[i].data.ptr == &stopping) stopping = 1;
            else if (events[i].data.ptr == &timer) { if (read(timer, &times, 8) < 0) continue; }
            else if (events[i].events & EPOLLOUT) {
                if (!flush(c)) finish(c, BY_CLIENT);
                else if (c->closing && !c->answering && !c->writing) finish(c, BY_SERVER);
            } else readable(c);
        }
        for (i64 now = now_ns(); waiting && heap[1]->due <= now;) {
            struct connection *c = heap[1];
            unschedule(c);
            if (step(c)) read_requests(c);
        }
    }
}

static int listen_at(int port) {
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof address;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on); /* accepted sockets inherit it: no request is missed */
    if (bind(fd, (struct sockaddr *)&address, length) || listen(fd, 4096)) { perror("truth: cannot listen"); exit(1); }
    getsockname(fd, (struct sockaddr *)&address, &length);
    printf("listening %d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

static void refuse(const char *option) {
    fprintf(stderr, "truth: %s is no option of this form; the docstring of tests/truth/__init__.py lists them\n", option);
    exit(2);
}

static int options(int count, char **words) {
    int port = 0;
    for (int i = 1; i + 1 < count; i += 2) {
        char name[32] = "", pair[64];
        const char *value = words[i + 1];
        if (strncmp(words[i], "--", 2) || strlen(words[i]) > 30) refuse(words[i]);
        for (size_t k = 2; words[i][k]; k++) name[k - 2] = words[i][k] == '-' ? '_' : words[i][k];
        int known = 0;
        for (int k = 0; k < CHOICES; k++) known |= !strcmp(name, names[k]);
        if (known) choose(given, pair, pair + snprintf(pair, sizeof pair, "%s=%s", name, value));
        else if (!strcmp(name, "port")) port = atoi(value);
        else if (!strcmp(name, "stall_at")) stall_at = (i64)(strtod(value, NULL) * SECOND);
        else if (!strcmp(name, "stall_for")) stall_for = (i64)(strtod(value, NULL) * SECOND);
        else if (!strcmp(name, "idle_ms")) idle = (i64)(strtod(value, NULL) * MS);
        else if (!strcmp(name, "spin")) spin = atoi(value);
        else if (!strcmp(name, "log")) log_path = value;
        else refuse(words[i]);
    }
    if (count % 2 == 0) refuse(words[count - 1]);
    return port;
}

static void watch_for(int fd, void *mark) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = mark};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

int main(int count, char **words) {
    sigset_t ends;
    int port = options(count, words);
    memset(filler, ' ', sizeof filler); /* an empty JSON object and blanks are JSON of any length */
    memcpy(filler, "{}", 2);
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    watch_for(timer, &timer);
    watch_for(signalfd(-1, &ends, SFD_CLOEXEC), &stopping);
    int listener = listen_at(port);
    watch_for(listener, NULL);
    serve(listener);
    FILE *file = log_path ? fopen(log_path, "wb") : NULL;
    if (log_path && !file) { perror("truth: cannot write the log"); return 1; }
    if (file) { write_log(file); fclose(file); }
    return 0;
}
