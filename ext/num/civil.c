/*
** civil.c: see civil.h. Days of the civil calendar are counted in years that
** begin in March, in which the leap day is the last; 400 of them repeat.
*/
#include "civil.h"

#include <math.h>

void hf_civil_date(double ts, long *year, int *month, int *day) {
  long z = (long)floor(ts / 86400) + 719468;
  long era = (z >= 0 ? z : z - 146096) / 146097;
  long of_era = z - era * 146097;
  long y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  long of_year = of_era - (365 * y + y / 4 - y / 100);
  long m = (5 * of_year + 2) / 153;
  *day = (int)(of_year - (153 * m + 2) / 5 + 1);
  *month = (int)(m < 10 ? m + 3 : m - 9);
  *year = y + era * 400 + (*month <= 2);
}

/* `places` decimals of x with a mark behind; where the next go. */
static char *civil_put(char *out, long x, int places, char mark) {
  int i;
  for (i = places - 1; i >= 0; i--) {
    out[i] = (char)('0' + x % 10);
    x /= 10;
  }
  out[places] = mark;
  return out + places + 1;
}

void hf_civil_text(double ts, char out[HF_CIVIL_ROOM]) {
  long year, second;
  int month, day;
  out[0] = 0;
  if (!(fabs(ts) <= 1e12)) return;
  hf_civil_date(ts, &year, &month, &day);
  if (year < 0 || year > 9999) return;
  second = (long)(ts - floor(ts / 86400) * 86400);
  out = civil_put(out, year, 4, '-');
  out = civil_put(out, month, 2, '-');
  out = civil_put(out, day, 2, ' ');
  out = civil_put(out, second / 3600, 2, ':');
  civil_put(out, second / 60 % 60, 2, 0);
}
