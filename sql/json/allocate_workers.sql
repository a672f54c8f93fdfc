-- ?1 as_of, ?2 schema: the number alone
SELECT workers FROM hf_allocate_workers(?1, ?2);
