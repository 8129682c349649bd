/* The log, and the answers: each is some writes at times that were told, and `step` counts them. */
#include "core.h"

/* ---- the log ---- */

static void write_log(FILE *file) {
    i64 head[] = {0x474f4c4854555254, 1, (i64)n_rows, (i64)n_tokens, (i64)n_lines, stall_begin, stall_end};
    fwrite(head, 1, sizeof head, file);
    for (size_t column = 0; column < sizeof(struct row) / 8; column++)
        for (size_t i = 0; i < n_rows; i++) fwrite((i64 *)&rows[i] + column, 8, 1, file);
    for (size_t column = 0; column < 2; column++)
        for (size_t i = 0; i < n_tokens; i++) fwrite((i64 *)&tokens[i] + column, 8, 1, file);
    for (size_t column = 0; column < 3; column++)
        for (size_t i = 0; i < n_lines; i++) fwrite((i64 *)&lines[i] + column, 8, 1, file);
}

/* ---- answers: each is some writes, `step` counts them ---- */

enum { GO_ON, OVER, GONE };
static char filler[1 << 20];

static int put_noted(struct connection *c, struct text *text, i64 body) {
    struct row *row = &rows[c->row];
    row->last = now_ns();
    if (!row->first) row->first = row->last;
    row->sent += body;
    int there = put(c, text->at, text->length);
    free(text->at);
    return there;
}

static void put_head(struct text *text, struct connection *c, const char *media, i64 length) {
    i64 status = rows[c->row].status = c->choice[STATUS];
    char line[512];
    int n = snprintf(line, sizeof line, "HTTP/1.1 %d %s\r\nContent-Type: %s\r\n%s%s", (int)status,
        status == 200 ? "OK" : "As asked", media, status / 100 == 3 ? "Location: /elsewhere\r\n" : "",
        c->closing ? "Connection: close\r\n" : "");
    append(text, line, (size_t)n);
    n = length < 0 ? snprintf(line, sizeof line, "Transfer-Encoding: chunked\r\n\r\n")
                   : snprintf(line, sizeof line, "Content-Length: %lld\r\n\r\n", (long long)length);
    append(text, line, (size_t)n);
}

static void put_body(struct text *text, const char *at, i64 length, int chunked, int last) {
    char line[32];
    if (chunked && length) append(text, line, (size_t)snprintf(line, sizeof line, "%llx\r\n", (long long)length));
    append(text, at, (size_t)length);
    if (chunked && length) append(text, "\r\n", 2);
    if (chunked && last) append(text, "0\r\n\r\n", 5);
}

static int plain_step(struct connection *c) {
    i64 *choice = c->choice, all = choice[STATUS] == 204 || choice[STATUS] == 304 ? 0 : choice[REPLY];
    i64 begin = c->step ? all / 2 : 0, end = !c->step && (choice[PAUSE] || choice[TRUNCATE]) ? all / 2 : all;
    int chunked = choice[CHUNKED] != 0, cut = choice[TRUNCATE] && c->step == 0;
    struct text text = {0};
    if (!c->step) put_head(&text, c, "application/json", chunked ? -1 : all);
    put_body(&text, filler + begin, end - begin, chunked, end == all && !choice[TRUNCATE]);
    if (!put_noted(c, &text, end - begin)) return GONE;
    if (cut) { c->closing = 1; return OVER; }
    if (end == all) return OVER;
    c->step++;
    schedule(c, rows[c->row].arrived + choice[DELAY] + choice[PAUSE]);
    return GO_ON;
}

static int stream_step(struct connection *c) {
    i64 *choice = c->choice, nth = c->step++, count = choice[TOKENS], cut = choice[TRUNCATE] ? count / 2 : count;
    struct text text = {0}, event = {0};
    char line[256];
    int failing = choice[ERROR_AT] && nth > choice[ERROR_AT], over = failing || nth >= cut;
    if (!nth) {
        put_head(&text, c, "text/event-stream", -1);
    } else if (failing) {
        append(&event, line, (size_t)snprintf(line, sizeof line, "data: {\"error\": {\"message\": \"told to fail\", \"code\": 500}}\n\n"));
    } else {
        append(&event, line, (size_t)snprintf(line, sizeof line,
            "data: {\"id\":\"truth-%lld\",\"object\":\"chat.completion.chunk\",\"model\":\"truth\",\"choices\":"
            "[{\"index\":0,\"delta\":{\"content\":\"t%lld \"},\"finish_reason\":null}]}\n\n", (long long)c->row, (long long)nth));
        tokens = grown(tokens, n_tokens, &room_tokens, sizeof *tokens);
        tokens[n_tokens++] = (struct token){c->row, now_ns()};
        rows[c->row].tokens++;
    }
    if (over && cut == count && !failing && !choice[NO_DONE]) append(&event, "data: [DONE]\n\n", 14);
    i64 body = (i64)event.length;
    put_body(&text, event.at ? event.at : "", body, 1, over && cut == count);
    free(event.at);
    if (!put_noted(c, &text, body)) return GONE;
    if (over) { c->closing |= cut < count; return OVER; }
    schedule(c, rows[c->row].arrived + choice[TTFT] + nth * choice[ITL]);
    return GO_ON;
}

static int odd_step(struct connection *c) {
    struct linger linger = {1, 0};
    if (c->choice[RESET]) setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    if (c->choice[GARBAGE]) {
        struct text text = {0};
        append(&text, "what is this?\r\n\r\n", 17);
        if (!put_noted(c, &text, 17)) return GONE;
    }
    c->closing = 1;
    return OVER;
}

static int read_requests(struct connection *c);

/* The next write of an answer, or the end of an idle connection. Returns 0 where the connection is no more. */
static int step(struct connection *c) {
    if (!c->answering) { finish(c, BY_SERVER); return 0; }
    int odd = c->choice[DROP] || c->choice[RESET] || c->choice[GARBAGE];
    int then = odd ? odd_step(c) : c->stream ? stream_step(c) : plain_step(c);
    if (then == GO_ON) return 1;
    if (then == GONE) { finish(c, BY_CLIENT); return 0; }
    c->answering = 0;
    if (c->closing && !c->writing) { finish(c, BY_SERVER); return 0; }
    if (idle) schedule(c, now_ns() + idle);
    return 1;
}
