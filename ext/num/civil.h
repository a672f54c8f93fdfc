/*
** civil.h: unix seconds as a date and a time of day, UTC.
*/
#ifndef HF_CIVIL_H
#define HF_CIVIL_H

/* The civil date of ts, |ts| <= 1e11; month 1..12, day 1..31. */
void hf_civil_date(double ts, long *year, int *month, int *day);

/* "2026-03-17 08:45", the minute that ts lies in; "" beyond the years 0 to
** 9999. */
enum { HF_CIVIL_ROOM = 17 };
void hf_civil_text(double ts, char out[HF_CIVIL_ROOM]);

#endif
