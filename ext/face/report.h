/*
** report.h: the page of hf_report() part by part, for its two forms.
*/
#ifndef HF_REPORT_H
#define HF_REPORT_H

#include "report_page.h"

enum { HF_REPORT_SECTIONS = 7, HF_REPORT_DAYS = 366 };

typedef struct hf_report {
  hf_session *s;
  double days;      /* 1..HF_REPORT_DAYS */
  sqlite3_str *out; /* the part under way */
  hf_page_tally tally[HF_REPORT_SECTIONS];
} hf_report;

/* Makes ready; the caller sets r->out before each part. */
void hf_report_begin(hf_report *r, hf_session *s, double days);

/* What section i is called. */
const char *hf_report_heading(int i);

/* Section i, 0 .. HF_REPORT_SECTIONS - 1, as HTML. */
int hf_report_section(hf_report *r, int i);

/* What stands before and after the sections. The head tells of them, so it is
** made last. */
void hf_report_head(hf_report *r);
void hf_report_foot(hf_report *r);

#endif
