/*
** timetext.c: RFC 3339 times to unix seconds, without a locale.
**
** Days from the civil date by counting days of the proleptic Gregorian
** calendar in years that begin in March (the leap day is then the last).
*/
#include "source.h"

#include <string.h>

typedef struct timetext_scan {
  const char *at;
  const char *end;
} timetext_scan;

/* Exactly n digits as a number, or -1. */
static int timetext_digits(timetext_scan *p, int n) {
  int value = 0;
  int i;
  if (p->end - p->at < n) return -1;
  for (i = 0; i < n; i++) {
    char c = p->at[i];
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  p->at += n;
  return value;
}

static int timetext_eat(timetext_scan *p, char c) {
  if (p->at == p->end || *p->at != c) return 0;
  p->at++;
  return 1;
}

static int timetext_month_days(int year, int month) {
  static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : days[month - 1];
}

static long timetext_days(int year, int month, int day) {
  long y = month <= 2 ? year - 1 : year;
  long era = (y >= 0 ? y : y - 399) / 400;
  long of_era = y - era * 400;
  long of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year -
         719468;
}

/* "Z", "+hh:mm", "-hh:mm" or nothing: seconds east of UTC. */
static int timetext_offset(timetext_scan *p, int *offset) {
  int sign;
  int hours;
  int minutes;
  *offset = 0;
  if (p->at == p->end) return HF_OK;
  if (timetext_eat(p, 'Z') || timetext_eat(p, 'z')) return HF_OK;
  if (timetext_eat(p, '+')) {
    sign = 1;
  } else if (timetext_eat(p, '-')) {
    sign = -1;
  } else {
    return HF_ERANGE;
  }
  hours = timetext_digits(p, 2);
  timetext_eat(p, ':');
  minutes = p->at == p->end ? 0 : timetext_digits(p, 2);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return HF_ERANGE;
  *offset = sign * (hours * 3600 + minutes * 60);
  return HF_OK;
}

/* "hh:mm[:ss[.fraction]]": seconds of the day. A leap second counts as 60. */
static int timetext_clock(timetext_scan *p, double *seconds) {
  int hours = timetext_digits(p, 2);
  int minutes;
  int whole = 0;
  double fraction = 0;
  if (!timetext_eat(p, ':')) return HF_ERANGE;
  minutes = timetext_digits(p, 2);
  if (timetext_eat(p, ':')) {
    whole = timetext_digits(p, 2);
    if (timetext_eat(p, '.')) {
      double unit = 0.1;
      if (p->at == p->end || *p->at < '0' || *p->at > '9') return HF_ERANGE;
      while (p->at < p->end && *p->at >= '0' && *p->at <= '9') {
        fraction += unit * (*p->at - '0');
        unit /= 10;
        p->at++;
      }
    }
  }
  if (hours < 0 || hours > 24 || minutes < 0 || minutes > 59) return HF_ERANGE;
  if (whole < 0 || whole > 60) return HF_ERANGE;
  *seconds = hours * 3600 + minutes * 60 + whole + fraction;
  return *seconds <= 86401 ? HF_OK : HF_ERANGE;
}

int hf_time_from_text(const char *text, size_t bytes, double *ts) {
  timetext_scan p;
  int year;
  int month;
  int day;
  int offset = 0;
  double seconds = 0;
  p.at = text;
  p.end = text + bytes;
  while (p.at < p.end && *p.at == ' ') p.at++;
  while (p.end > p.at && p.end[-1] == ' ') p.end--;
  year = timetext_digits(&p, 4);
  if (year < 0 || !timetext_eat(&p, '-')) return HF_ERANGE;
  month = timetext_digits(&p, 2);
  if (month < 1 || month > 12 || !timetext_eat(&p, '-')) return HF_ERANGE;
  day = timetext_digits(&p, 2);
  if (day < 1 || day > timetext_month_days(year, month)) return HF_ERANGE;
  if (p.at < p.end) {
    if (*p.at != 'T' && *p.at != 't' && *p.at != ' ') return HF_ERANGE;
    p.at++;
    if (timetext_clock(&p, &seconds) != HF_OK) return HF_ERANGE;
    while (p.at < p.end && *p.at == ' ') p.at++;
    if (timetext_offset(&p, &offset) != HF_OK) return HF_ERANGE;
  }
  if (p.at != p.end) return HF_ERANGE;
  *ts = (double)timetext_days(year, month, day) * 86400.0 + seconds - offset;
  return HF_OK;
}
