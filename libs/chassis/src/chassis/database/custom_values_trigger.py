"""The trigger that keeps `custom_values`; `migration_operations.with_custom_fields` adds it."""

VALUES_OF = r"""
CREATE FUNCTION custom_values_of(kind text, value jsonb)
RETURNS TABLE (place int, text_value text, number_value float8, date_value date)
LANGUAGE sql IMMUTABLE AS $$
SELECT ordinality::int,
    CASE WHEN kind NOT IN ('NUMBER', 'DATE') THEN left(one, 200) END,
    CASE WHEN kind = 'NUMBER' THEN one::float8 END,
    CASE WHEN kind = 'DATE' THEN one::date END
FROM jsonb_array_elements_text(
    CASE WHEN jsonb_typeof(value) = 'array' THEN value ELSE jsonb_build_array(value) END
) WITH ORDINALITY AS each(one, ordinality)
$$
"""

ROW = r"""
CREATE FUNCTION custom_values_row() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        DELETE FROM public.custom_values v
        WHERE v.tenant_id = OLD.tenant_id AND v.resource = TG_ARGV[0] AND v.record_id = OLD.id;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO public.custom_values (tenant_id, resource, record_id, key, place,
            text_value, number_value, date_value)
        SELECT NEW.tenant_id, TG_ARGV[0], NEW.id, d.key, v.place,
            v.text_value, v.number_value, v.date_value
        FROM public.custom_field_definitions d,
            LATERAL public.custom_values_of(d.type, NEW.custom_fields -> d.key) AS v
        WHERE d.tenant_id = NEW.tenant_id AND d.resource = TG_ARGV[0] AND d.filterable
        AND NEW.custom_fields ? d.key;
    END IF;
    RETURN NULL;
END
$$
"""
CREATE_CUSTOM_VALUES_TRIGGER = (VALUES_OF, ROW)
DROP_CUSTOM_VALUES_TRIGGER = (
    "DROP FUNCTION custom_values_row()",
    "DROP FUNCTION custom_values_of(text, jsonb)",
)
