/*
** report_page.c: see report_page.h. Colours come in pairs of letters and
** ground, each with a contrast of 4.5 or more in light and in dark; nothing is
** told by colour alone. On a narrow screen each row of a table becomes a card
** whose cells carry their headings, with roles that keep it a table for who
** listens.
*/
#include "report_page.h"
#include "../ops/svg.h"

#include <math.h>
#include <string.h>

enum { PAGE_TEXT = 300 };

const char hf_page_head[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
    "<title>hiveframe report</title>\n<style>\n"
    ":root{color-scheme:light dark;--bg:#f3f5f8;--card:#fff;--fg:#1c2430;"
    "--muted:#525d6b;--line:#d9dfe7;--accent:#1559b3;--bad:#a3121f;"
    "--bad-bg:#fde8ea;--warn:#7a4600;--warn-bg:#fdf0dc;--good:#14663a;"
    "--good-bg:#e2f4e8;--none:#46505d;--none-bg:#e9edf2}\n"
    "@media(prefers-color-scheme:dark){:root{--bg:#0f151c;--card:#182029;"
    "--fg:#e8ecf1;--muted:#aab6c4;--line:#2f3b48;--accent:#7cbcff;"
    "--bad:#ffb3b9;--bad-bg:#44181d;--warn:#ffd08a;--warn-bg:#3f2d10;"
    "--good:#8fe0ae;--good-bg:#12351f;--none:#c6d0db;--none-bg:#2a343f}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0;background:var(--bg);color:var(--fg);"
    "font:1rem/1.5 system-ui,-apple-system,\"Segoe UI\",Roboto,sans-serif;"
    "-webkit-text-size-adjust:100%;overflow-wrap:anywhere}\n"
    "header,main,footer{max-width:76rem;margin:0 auto;padding:0 1.25rem}\n"
    "header{padding-top:1.75rem}footer{padding-bottom:2rem;color:var(--muted);"
    "font-size:.85rem}\n"
    "h1{font-size:1.75rem;line-height:1.2;margin:0;letter-spacing:-.01em}\n"
    "h2{font-size:1.2rem;margin:0 0 .75rem}h3{font-size:1rem;margin:0}\n"
    "p{margin:.35rem 0}.sub,caption,.advice,.unit{color:var(--muted)}\n"
    "nav ul{list-style:none;display:grid;gap:.75rem;margin:1.25rem 0 0;"
    "padding:0;grid-template-columns:repeat(auto-fit,minmax(9.4rem,1fr))}\n"
    "nav a{display:block;height:100%;padding:.8rem 1rem;border-radius:.75rem;"
    "border:1px solid var(--line);border-left:.3rem solid var(--none);"
    "background:var(--card);color:inherit;text-decoration:none}\n"
    "nav a:hover strong,nav a:focus strong{text-decoration:underline}\n"
    "nav a.bad{border-left-color:var(--bad)}nav "
    "a.warn{border-left-color:var(--warn)}nav "
    "a.good{border-left-color:var(--good)}\n"
    "nav span{display:block;font-size:.85rem;color:var(--muted)}\n"
    "nav strong{display:block;font-size:1.1rem;line-height:1.3}\n"
    "a:focus-visible,[tabindex]:focus-visible{outline:3px solid var(--accent);"
    "outline-offset:2px}\n"
    "section{margin:1.75rem 0;padding:1.25rem;border-radius:.9rem;"
    "border:1px solid var(--line);background:var(--card)}\n"
    ".charts{display:grid;gap:1.25rem;"
    "grid-template-columns:repeat(auto-fit,minmax(min(100%,21rem),1fr))}\n"
    "figure{margin:0;min-width:0}figcaption{padding:0 .5rem}\n"
    "@media(min-width:48rem){figure:first-child{grid-column:span 2}}\n"
    ".advice{font-size:.9rem}svg{display:block;width:100%;height:auto}\n"
    ".hf-plot{background:none!important}\n"
    "figure:first-child svg.hf-plot+svg.hf-plot{display:none}\n"
    ".scroll{overflow-x:auto}\n"
    "table{border-collapse:collapse;width:100%;font-size:.9rem}\n"
    "caption{text-align:left;padding:0 0 .5rem}\n"
    "th,td{text-align:left;vertical-align:top;padding:.5rem .75rem .5rem 0;"
    "border-top:1px solid var(--line);overflow-wrap:anywhere}\n"
    "thead th{border:0;color:var(--muted);font-weight:600;font-size:.82rem;"
    "overflow-wrap:normal}\n"
    "tbody th{font-weight:600;min-width:10rem}td.text{min-width:9rem}\n"
    ".n{text-align:right;white-space:nowrap;"
    "font-variant-numeric:tabular-nums}.line{white-space:nowrap}\n"
    ".badge{display:inline-block;padding:.05rem .55rem;border-radius:1rem;"
    "font-size:.82rem;font-weight:600;white-space:nowrap;color:var(--none);"
    "background:var(--none-bg)}\n"
    ".badge.bad{color:var(--bad);background:var(--bad-bg)}"
    ".badge.warn{color:var(--warn);background:var(--warn-bg)}"
    ".badge.good{color:var(--good);background:var(--good-bg)}\n"
    ".bar{width:4.5rem;height:.4rem;display:inline-block;margin-left:.5rem;"
    "vertical-align:middle;border-radius:.2rem;background:var(--none-bg)}"
    ".bar rect{fill:var(--accent)}.nil{color:var(--muted)}\n"
    "@media(max-width:52rem){header,main,footer{padding-left:.75rem;"
    "padding-right:.75rem}section{padding:1rem .85rem}\n"
    "figure:first-child svg.hf-plot{display:none}\n"
    "figure:first-child svg.hf-plot+svg.hf-plot{display:block}\n"
    "nav ul{grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));"
    "gap:.5rem}nav li:last-child:nth-child(odd){grid-column:1/-1}nav "
    "a{padding:.6rem .75rem}}\n"
    /* the widest tables need so much for the reason to be seen */
    "@media(max-width:66rem){\n"
    "thead{position:absolute;width:1px;height:1px;overflow:hidden;"
    "clip-path:inset(50%)}\n"
    "table,tbody,tr,th,td,caption{display:block}\n"
    "tr{padding:.6rem 0;border-top:1px solid var(--line)}\n"
    "tbody th,td,td.text{border:0;padding:.1rem 0;min-width:0}\n"
    "tbody th{font-size:1rem}\n"
    "td{display:grid;grid-template-columns:7.5rem minmax(0,1fr);gap:.5rem}\n"
    "td>*{justify-self:start}td>.bar{grid-column:2;margin:0}\n"
    "td::before{content:attr(data-label);color:var(--muted)}\n"
    ".n{text-align:left;white-space:normal}}\n"
    "@media print{body{background:#fff}section{break-inside:avoid;"
    "border:0;padding:0}nav{display:none}}\n"
    "</style>\n";

static int page_put(void *ctx, const char *z, size_t n) {
  sqlite3_str_append(ctx, z, (int)n);
  return sqlite3_str_errcode(ctx) != SQLITE_OK;
}

void hf_page_text(sqlite3_str *out, const char *z) {
  hf_sink sink = {page_put, NULL};
  sink.ctx = out;
  hf_svg_text(&sink, z, PAGE_TEXT);
}

hf_look hf_page_look(const char *column, size_t *heading) {
  static const char *const words[] = {"",        "state",  "score",
                                      "percent", "figure", "count",
                                      "money",   "span",   "time"};
  const char *bar = strchr(column, '|');
  int i;
  *heading = bar != NULL ? (size_t)(bar - column) : strlen(column);
  for (i = 1; bar != NULL && i <= (int)HF_LOOK_TIME; i++) {
    if (strcmp(bar + 1, words[i]) == 0) return (hf_look)i;
  }
  return HF_LOOK_TEXT;
}

/* ---- words with a colour */

typedef struct page_word {
  const char *word, *level;
} page_word;

static const page_word page_words[] = {
    {"failed", "bad"},      {"critical", "bad"},     {"warning", "warn"},
    {"silent", "warn"},     {"change", "warn"},      {"not examined", "warn"},
    {"high risk", "bad"},   {"medium risk", "warn"}, {"low risk", "good"},
    {"ok", "good"},         {"keep", "good"},        {"kept", "good"},
    {"taken back", "warn"}, {"given back", "warn"}};

static const char *page_level(const char *word) {
  size_t i;
  for (i = 0; i < sizeof(page_words) / sizeof(page_words[0]); i++) {
    if (strcmp(word, page_words[i].word) == 0) return page_words[i].level;
  }
  return "";
}

static void page_state(sqlite3_str *out, const char *word, hf_page_tally *t) {
  const char *level = page_level(word);
  char shown[40];
  size_t i;
  t->bad += strcmp(level, "bad") == 0;
  t->warn += strcmp(level, "warn") == 0;
  t->good += strcmp(level, "good") == 0;
  if (word[0] == 0) return;
  for (i = 0; word[i] != 0 && i + 1 < sizeof(shown); i++) {
    shown[i] = word[i] == '_' ? ' ' : word[i];
  }
  shown[i] = 0;
  sqlite3_str_appendf(out, "<span class=\"badge %s\">", level);
  hf_page_text(out, shown);
  sqlite3_str_appendall(out, "</span>");
}

/* ---- figures; the same in every locale */

static void page_money(sqlite3_str *out, double x, hf_page_tally *t) {
  char z[sizeof(t->money)];
  double size = fabs(x);
  sqlite3_int64 cents;
  if (!(size < 1e15)) {
    sqlite3_snprintf((int)sizeof(z), z, "%.6g", x);
  } else {
    cents = (sqlite3_int64)(size * 100 + 0.5);
    sqlite3_snprintf((int)sizeof(z), z, "%s%,lld.%02d",
                     x < 0 && cents > 0 ? "-" : "", cents / 100,
                     (int)(cents % 100));
  }
  sqlite3_str_appendall(out, z);
  if (t->rows == 1) memcpy(t->money, z, sizeof(z));
}

static void page_figure(sqlite3_str *out, double x) {
  if (fabs(x) >= 1000 && fabs(x) < 1e15) {
    sqlite3_str_appendf(out, "%,lld", (sqlite3_int64)floor(x + 0.5));
  } else {
    sqlite3_str_appendf(out, "%.4g", x);
  }
}

/* 0 and 100 only for what is exactly so. */
static void page_percent(sqlite3_str *out, double x, hf_page_tally *t) {
  double shown = floor(100 * x + 0.5);
  if (!(x >= t->least)) t->least = x;
  if (x > 0 && x < 0.005) {
    sqlite3_str_appendall(out, "&lt; 1 %");
  } else if (x < 1 && x >= 0.995) {
    sqlite3_str_appendall(out, "&gt; 99 %");
  } else {
    sqlite3_str_appendf(out, "%.0f %%", shown);
  }
}

static void page_score(sqlite3_str *out, double x) {
  sqlite3_str_appendf(out,
                      "%.0f<svg class=\"bar\" viewBox=\"0 0 100 8\" "
                      "preserveAspectRatio=\"none\" aria-hidden=\"true\">"
                      "<rect width=\"%.0f\" height=\"8\"/></svg>",
                      x,
                      x < 0     ? 0
                      : x > 100 ? 100
                                : x);
}

static void page_span(sqlite3_str *out, double s) {
  if (s < 120) {
    sqlite3_str_appendf(out, "%.3g s", s);
  } else if (s < 7200) {
    sqlite3_str_appendf(out, "%.3g min", s / 60);
  } else if (s < 172800) {
    sqlite3_str_appendf(out, "%.3g h", s / 3600);
  } else {
    sqlite3_str_appendf(out, "%.3g days", s / 86400);
  }
}

/* ---- cells */

static void page_time(sqlite3_str *out, const char *text, hf_page_tally *t) {
  if (strcmp(text, t->newest) > 0) {
    sqlite3_snprintf((int)sizeof(t->newest), t->newest, "%s", text);
  }
  sqlite3_str_appendall(out, "<time datetime=\"");
  hf_page_text(out, text);
  sqlite3_str_appendall(out, "Z\">");
  hf_page_text(out, text);
  sqlite3_str_appendall(out, "</time>");
}

static void page_value(sqlite3_str *out, hf_look look, sqlite3_stmt *st, int i,
                       const char *text, hf_page_tally *t) {
  int type = sqlite3_column_type(st, i);
  int number = type == SQLITE_INTEGER || type == SQLITE_FLOAT;
  double x = number ? sqlite3_column_double(st, i) : 0;
  if (look == HF_LOOK_STATE) {
    page_state(out, text, t);
  } else if (look == HF_LOOK_TIME) {
    page_time(out, text, t);
  } else if (!number || look == HF_LOOK_TEXT) {
    hf_page_text(out, text);
  } else if (look == HF_LOOK_SCORE) {
    page_score(out, x);
  } else if (look == HF_LOOK_PERCENT) {
    page_percent(out, x, t);
  } else if (look == HF_LOOK_MONEY) {
    page_money(out, x, t);
  } else if (look == HF_LOOK_SPAN) {
    page_span(out, x);
  } else if (look == HF_LOOK_COUNT) {
    sqlite3_str_appendf(out, "%,lld", sqlite3_column_int64(st, i));
  } else {
    page_figure(out, x);
  }
}

int hf_page_cell(sqlite3_str *out, sqlite3_stmt *st, int i, int head,
                 hf_page_tally *t) {
  const char *text = (const char *)sqlite3_column_text(st, i);
  const char *name = sqlite3_column_name(st, i);
  size_t heading;
  hf_look look;
  if (name == NULL) return SQLITE_NOMEM;
  if (text == NULL && sqlite3_column_type(st, i) != SQLITE_NULL) {
    return SQLITE_NOMEM;
  }
  look = hf_page_look(name, &heading);
  if (head) {
    sqlite3_str_appendall(out, "<th scope=\"row\" role=\"rowheader\">");
  } else {
    int plain = look == HF_LOOK_TEXT;
    int figure = look >= HF_LOOK_PERCENT && look <= HF_LOOK_SPAN;
    sqlite3_str_appendf(out, "<td role=\"cell\"%s data-label=\"%.*s\">",
                        plain    ? " class=\"text\""
                        : figure ? " class=\"n\""
                                 : " class=\"line\"",
                        (int)heading, name);
  }
  if (text == NULL) {
    sqlite3_str_appendall(out, "<span class=\"nil\">not known</span>");
  } else {
    page_value(out, look, st, i, text, t);
  }
  sqlite3_str_appendall(out, head ? "</th>" : "</td>");
  return SQLITE_OK;
}
