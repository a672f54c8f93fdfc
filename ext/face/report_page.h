/*
** report_page.h: what stands on the page of hf_report(): its style, its cells.
*/
#ifndef HF_REPORT_PAGE_H
#define HF_REPORT_PAGE_H

#include "../store/session.h"

/* What a section has told so far, for its card at the top. */
typedef struct hf_page_tally {
  int rows;            /* those under way included */
  int bad, warn, good; /* rows by the level of their state */
  char money[48];      /* last figure of money in the first row; "": none */
  char newest[24];     /* latest time as shown; "": none */
  double least;        /* least percentage, 0..1; NaN: none */
} hf_page_tally;

/* From "<!DOCTYPE" into the <style>; the style of charts is to follow. */
extern const char hf_page_head[];

/* How a column is shown: its name up to '|' is its heading, what follows is
** the look. Without one it is text. */
typedef enum hf_look {
  HF_LOOK_TEXT,
  HF_LOOK_STATE,   /* a word with a colour */
  HF_LOOK_SCORE,   /* 0..100 with a bar */
  HF_LOOK_PERCENT, /* a share 0..1 */
  HF_LOOK_FIGURE,  /* four digits that count */
  HF_LOOK_COUNT,   /* a whole number */
  HF_LOOK_MONEY,   /* two decimals */
  HF_LOOK_SPAN,    /* seconds, in the unit that suits */
  HF_LOOK_TIME     /* a text YYYY-MM-DD HH:MM of UTC */
} hf_look;

hf_look hf_page_look(const char *column, size_t *heading);

/* Escaped text, at most 300 characters. */
void hf_page_text(sqlite3_str *out, const char *z);

/* A cell of a table, NULL said in words: SQLITE_OK, or SQLITE_NOMEM. `head`:
** the cell heads its row. */
int hf_page_cell(sqlite3_str *out, sqlite3_stmt *st, int i, int head,
                 hf_page_tally *t);

#endif
