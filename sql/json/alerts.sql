-- ?1 component, ?2 as_of, ?3 schema: the body of Alertmanager's
-- POST /api/v2/alerts; json_patch() leaves out what is NULL
SELECT json_group_array(json_patch('{}', json_object(
  'labels', json_object('alertname', alertname, 'severity', severity,
    'component', nullif(component, ''), 'metric', metric),
  'annotations', json_object('summary', summary, 'description', description,
    'action', action),
  'startsAt', starts_at)))
FROM hf_alerts(?1) WHERE as_of = ?2 AND schema = ?3;
