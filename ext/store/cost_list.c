/*
** cost_list.c: the caller's own choices, and the options that name them.
*/
#include <math.h>
#include <string.h>

#include "cost.h"

enum { LIST_ROOM = 256 };

static const char list_keys[] = "max_changes (a whole number from 0), "
                                "max_spot_share (0..1), commitment_discount "
                                "(0..0.99), choices (a table or view), "
                                "attribution (waterfall or shapley)";

/* Reading state: one (service, choice) group at a time. */
typedef struct list_state {
  hf_cost_list *out;
  double *ts;  /* [room] hours of the first group: all must have them */
  double *use; /* [room] on_demand of the first group */
  size_t room;
  size_t at; /* rows of the current group so far */
  size_t items_room;
} list_state;

static hf_cost_listed *list_now(list_state *l) {
  return &l->out->item[l->out->n - 1];
}

static int list_bad_hours(hf_session *s, list_state *l) {
  const hf_cost_listed *x = list_now(l);
  return hf_fail(s, SQLITE_ERROR,
                 "choices: choice %lld of service '%.100s' must have the same "
                 "hours as choice %lld of service '%.100s'",
                 x->choice, x->service, l->out->item[0].choice,
                 l->out->item[0].service);
}

/* Ends the current group. */
static int list_close(hf_session *s, list_state *l) {
  hf_cost_listed *x;
  if (l->out->n == 0) return SQLITE_OK;
  x = list_now(l);
  if (l->out->n == 1) {
    l->out->hours = l->at;
  } else if (l->at != l->out->hours) {
    return list_bad_hours(s, l);
  }
  x->spot /= (double)l->out->hours;
  x->spot_list /= (double)l->out->hours;
  return SQLITE_OK;
}

/* Begins the group of the current row. */
static int list_open(hf_session *s, list_state *l, sqlite3_stmt *st) {
  const char *service = (const char *)sqlite3_column_text(st, 0);
  hf_cost_list *o = l->out;
  hf_cost_listed *x;
  int other;
  if (service == NULL) {
    if (sqlite3_column_type(st, 0) != SQLITE_NULL) {
      return hf_fail(s, SQLITE_NOMEM, NULL);
    }
    return hf_fail(s, SQLITE_ERROR, "choices: service must not be NULL");
  }
  if (o->n == l->items_room) {
    size_t room = o->n > 0 ? 2 * o->n : LIST_ROOM;
    void *more = hf_work_alloc(&s->hold, room, sizeof(*x));
    if (more == NULL) return hf_fail_ops(s, HF_ENOMEM);
    if (o->n > 0) memcpy(more, o->item, o->n * sizeof(*x));
    o->item = more;
    l->items_room = room;
  }
  other = o->n == 0 || strcmp(list_now(l)->service, service) != 0;
  x = &o->item[o->n];
  memset(x, 0, sizeof(*x));
  x->choice = sqlite3_column_int64(st, 1);
  x->service = other ? hf_strdup(&s->hold, service) : list_now(l)->service;
  if (x->service == NULL) return hf_fail_ops(s, HF_ENOMEM);
  if (other && x->choice != 0) {
    return hf_fail(s, SQLITE_ERROR,
                   "choices: service '%.100s' has no choice 0, which is how "
                   "it runs today",
                   service);
  }
  x->on_demand = l->use;
  if (o->n > 0) {
    x->on_demand = hf_work_reals(&s->hold, o->hours);
    if (x->on_demand == NULL) return hf_fail_ops(s, HF_ENOMEM);
  }
  o->n++;
  l->at = 0;
  return SQLITE_OK;
}

/* Doubles the room of the first group, whose length is not known yet. */
static int list_widen(hf_session *s, list_state *l) {
  size_t room = 2 * l->room;
  double *ts = hf_work_reals(&s->hold, room);
  double *use = hf_work_reals(&s->hold, room);
  if (ts == NULL || use == NULL) return hf_fail_ops(s, HF_ENOMEM);
  memcpy(ts, l->ts, l->at * sizeof(double));
  memcpy(use, l->use, l->at * sizeof(double));
  l->ts = ts;
  l->use = use;
  l->out->item[0].on_demand = use;
  l->room = room;
  return SQLITE_OK;
}

static int list_row(hf_session *s, list_state *l, sqlite3_stmt *st) {
  hf_cost_list *o = l->out;
  double ts = sqlite3_column_double(st, 2);
  double x[3] = {0, 0, 0};
  int i, rc;
  if (o->n == 0 || list_now(l)->choice != sqlite3_column_int64(st, 1) ||
      strcmp(list_now(l)->service, (const char *)sqlite3_column_text(st, 0)) !=
          0) {
    rc = list_close(s, l);
    if (rc == SQLITE_OK) rc = list_open(s, l, st);
    if (rc != SQLITE_OK) return rc;
  }
  if (o->n == 1 && l->at == l->room) {
    rc = list_widen(s, l);
    if (rc != SQLITE_OK) return rc;
  }
  if (o->n == 1) {
    l->ts[l->at] = ts;
  } else if (l->at >= o->hours || l->ts[l->at] != ts) {
    return list_bad_hours(s, l);
  }
  for (i = 0; i < 3; i++) {
    x[i] = sqlite3_column_double(st, 3 + i);
    if (!(x[i] >= 0 && x[i] <= 1e15)) {
      return hf_fail(s, SQLITE_ERROR,
                     "choices: on_demand, spot and spot_list must be 0..1e15; "
                     "service '%.100s' has %.15g",
                     list_now(l)->service, x[i]);
    }
  }
  list_now(l)->on_demand[l->at++] = x[0];
  list_now(l)->spot += x[1];
  list_now(l)->spot_list += x[2];
  if (isnan(o->newest) || ts > o->newest) o->newest = ts;
  return SQLITE_OK;
}

int hf_cost_list_read(hf_session *s, const hf_source *src, double to,
                      hf_cost_list *out) {
  sqlite3_stmt *st = NULL;
  list_state l;
  int rc;
  memset(out, 0, sizeof(*out));
  memset(&l, 0, sizeof(l));
  out->newest = NAN;
  l.out = out;
  l.room = LIST_ROOM;
  l.ts = hf_work_reals(&s->hold, l.room);
  l.use = hf_work_reals(&s->hold, l.room);
  if (l.ts == NULL || l.use == NULL) return hf_fail_ops(s, HF_ENOMEM);
  rc = hf_prepare(
      s, &st,
      "SELECT CAST(t.\"service\" AS TEXT), CAST(t.\"choice\" AS INTEGER), "
      "t.\"ts\", t.\"on_demand\", t.\"spot\", t.\"spot_list\" "
      "FROM \"%w\".\"%w\" AS t WHERE t.\"ts\" <= ?1 "
      "ORDER BY t.\"service\", t.\"choice\", t.\"ts\"",
      src->schema, src->table);
  if (rc != SQLITE_OK) return rc;
  rc = sqlite3_bind_double(st, 1, isnan(to) ? HF_TS_MAX : to);
  if (rc != SQLITE_OK) {
    rc = hf_fail_db(s, rc);
    goto done;
  }
  while ((rc = hf_step(s, st)) == SQLITE_ROW) {
    rc = list_row(s, &l, st);
    if (rc != SQLITE_OK) goto done;
  }
  if (rc == SQLITE_DONE) rc = list_close(s, &l);
done:
  hf_finalize(st);
  return rc;
}

/* One key of the options. */
static int list_option(hf_session *s, sqlite3_stmt *st, hf_cost_options *out) {
  const char *key = (const char *)sqlite3_column_text(st, 0);
  const char *type = (const char *)sqlite3_column_text(st, 1);
  double x = sqlite3_column_double(st, 2);
  int number;
  if (key == NULL || type == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
  number = strcmp(type, "integer") == 0 || strcmp(type, "real") == 0;
  if (strcmp(key, "max_changes") == 0) {
    if (number && x >= 0 && floor(x) == x) {
      out->max_changes = x;
      return SQLITE_OK;
    }
  } else if (strcmp(key, "max_spot_share") == 0) {
    if (number && x >= 0 && x <= 1) {
      out->max_spot_share = x;
      return SQLITE_OK;
    }
  } else if (strcmp(key, "commitment_discount") == 0) {
    if (number && x >= 0 && x <= 0.99) {
      out->discount = x;
      return SQLITE_OK;
    }
  } else if (strcmp(key, "attribution") == 0) {
    const char *how = (const char *)sqlite3_column_text(st, 2);
    if (how != NULL &&
        (strcmp(how, "shapley") == 0 || strcmp(how, "waterfall") == 0)) {
      out->shapley = how[0] == 's';
      return SQLITE_OK;
    }
  } else if (strcmp(key, "choices") == 0) {
    if (strcmp(type, "text") == 0) {
      const char *source = (const char *)sqlite3_column_text(st, 3);
      if (source == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
      out->has_choices = 1;
      return hf_source_resolve(s, source, &out->choices);
    }
  } else {
    return hf_fail(s, SQLITE_ERROR, "options: no key '%.100s'; allowed are %s",
                   key, list_keys);
  }
  return hf_fail(s, SQLITE_ERROR, "options: %s is %s '%.100s'; allowed are %s",
                 key, type,
                 sqlite3_column_type(st, 2) == SQLITE_NULL
                     ? ""
                     : (const char *)sqlite3_column_text(st, 2),
                 list_keys);
}

int hf_cost_options_read(hf_session *s, const char *text,
                         hf_cost_options *out) {
  sqlite3_stmt *st = NULL;
  int rc;
  memset(out, 0, sizeof(*out));
  out->max_changes = INFINITY;
  out->max_spot_share = 1;
  out->discount = NAN;
  if (text == NULL || text[0] == 0) return SQLITE_OK;
  rc = hf_prepare(
      s, &st,
      "SELECT key, type, atom, json_object('table', atom, 'ts', "
      "'ts', 'value', 'on_demand') FROM json_each(CASE WHEN "
      "json_valid(?1) THEN CASE json_type(?1) WHEN 'object' "
      "THEN ?1 END END) UNION ALL SELECT NULL, NULL, NULL, NULL "
      "WHERE CASE WHEN json_valid(?1) THEN json_type(?1) <> 'object' "
      "ELSE 1 END");
  if (rc != SQLITE_OK) return rc;
  rc = sqlite3_bind_text(st, 1, text, -1, SQLITE_STATIC);
  if (rc != SQLITE_OK) {
    rc = hf_fail_db(s, rc);
    goto done;
  }
  while ((rc = hf_step(s, st)) == SQLITE_ROW) {
    if (sqlite3_column_type(st, 0) == SQLITE_NULL) {
      rc = hf_fail(s, SQLITE_ERROR,
                   "options must be a JSON object with the keys %s, got "
                   "'%.60s'",
                   list_keys, text);
      goto done;
    }
    rc = list_option(s, st, out);
    if (rc != SQLITE_OK) goto done;
  }
done:
  hf_finalize(st);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}
