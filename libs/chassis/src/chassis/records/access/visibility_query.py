"""The query for what a person sees by the directory and by grants."""

from sqlalchemy import text

# Departments arrive in any order, so that the tree may hold a cycle for a while: UNION (without
# ALL) ends the recursion at rows that it has seen.
VISIBILITY = text("""
WITH RECURSIVE
today(day) AS (
    SELECT (CAST(:now AS timestamptz)
            AT TIME ZONE coalesce((SELECT timezone FROM tenant_settings), 'UTC'))::date),
me(id) AS (
    SELECT id FROM directory_people WHERE subject = :subject AND active AND NOT deleted),
substituted(id) AS (
    SELECT l.person_id FROM directory_leaves l, today
    WHERE l.substitute_id IN (SELECT id FROM me) AND l.from_date <= day AND day < l.to_date),
managed(id) AS (
    SELECT d.id FROM directory_departments d
    WHERE d.manager_id IN (SELECT id FROM me) AND NOT d.deleted),
below(id, own) AS (
    SELECT d.id, d.manager_id IN (SELECT id FROM me) FROM directory_departments d
    WHERE d.manager_id IN (SELECT id FROM me UNION SELECT id FROM substituted) AND NOT d.deleted
    UNION
    SELECT d.id, b.own FROM below b JOIN directory_departments d ON d.parent_id = b.id
    WHERE NOT d.deleted),
above(id, parent_id) AS (
    SELECT d.id, d.parent_id FROM directory_departments d
    WHERE NOT d.deleted AND d.id IN (
        SELECT department_id FROM directory_posts WHERE person_id IN (SELECT id FROM me)
        UNION SELECT id FROM managed)
    UNION
    SELECT d.id, d.parent_id FROM above a JOIN directory_departments d ON d.id = a.parent_id
    WHERE NOT d.deleted),
inactive(day) AS (
    SELECT day FROM today WHERE NOT EXISTS (SELECT FROM me)
        AND EXISTS (SELECT FROM directory_people WHERE subject = :subject)),
owners(subject) AS (
    SELECT CAST(:subject AS text) WHERE NOT EXISTS (SELECT FROM inactive)
    UNION
    SELECT p.subject FROM directory_people p
    WHERE NOT p.deleted AND p.id IN (
        SELECT person_id FROM directory_posts WHERE department_id IN (SELECT id FROM below)
        UNION SELECT id FROM substituted)),
own(subject) AS (
    SELECT CAST(:subject AS text)
    UNION
    SELECT p.subject FROM directory_people p
    WHERE NOT p.deleted AND p.id IN (
        SELECT person_id FROM directory_posts
        WHERE department_id IN (SELECT id FROM below WHERE own))),
grantees(id) AS (
    SELECT id FROM me UNION SELECT id FROM above
    UNION SELECT m.team_id FROM directory_team_members m
    JOIN directory_teams t ON t.id = m.team_id AND NOT t.deleted
    WHERE m.person_id IN (SELECT id FROM me)),
shared(resource) AS (  -- each name once, by steps through the index
    SELECT min(resource) FROM record_grants
    UNION ALL
    SELECT (SELECT min(g.resource) FROM record_grants g WHERE g.resource > s.resource)
    FROM shared s WHERE s.resource IS NOT NULL),
shared_elsewhere(resource) AS (
    SELECT min(resource) FROM record_grant_copies
    UNION ALL
    SELECT (SELECT min(g.resource) FROM record_grant_copies g WHERE g.resource > s.resource)
    FROM shared_elsewhere s WHERE s.resource IS NOT NULL)
SELECT
    (SELECT day FROM today) AS today,
    ARRAY(SELECT subject FROM owners ORDER BY subject) AS owners,
    CASE WHEN EXISTS (SELECT FROM substituted)
        THEN ARRAY(SELECT subject FROM owners EXCEPT SELECT subject FROM own)
        ELSE ARRAY[]::text[] END AS via_substitution,
    ARRAY(SELECT id FROM grantees ORDER BY 1) AS grantees,
    ARRAY(
        SELECT s.resource FROM shared s WHERE EXISTS (
            SELECT FROM record_grants g, today
            WHERE g.resource = s.resource AND g.grantee_id IN (SELECT id FROM grantees)
            AND (g.until_date IS NULL OR g.until_date > day))
        UNION ALL
        SELECT s.resource FROM shared_elsewhere s WHERE EXISTS (
            SELECT FROM record_grant_copies g, today
            WHERE g.resource = s.resource AND g.grantee_id IN (SELECT id FROM grantees)
            AND NOT g.deleted AND (g.until_date IS NULL OR g.until_date > day))) AS granted,
    coalesce((SELECT separate_resources FROM tenant_settings), ARRAY[]::text[]) AS separate,
    (SELECT count(*) FROM directory_people WHERE NOT deleted) AS people
""")
