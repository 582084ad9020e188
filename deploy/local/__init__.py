"""The launcher: PostgreSQL, Kafka, the services and their tests on one machine, without Docker.

Environment variables: `*_DATABASE_URL` and `KAFKA_BOOTSTRAP` name servers to use instead of
starting some; L2C_POSTGRES=embedded uses the PostgreSQL of the wheel although the machine has one;
L2C_KAFKA=courier starts no broker: events are carried inside one process. For tests:
L2C_TEST_POSTGRES names a server, L2C_TEST_KEEP=1 leaves servers up for the next run,
L2C_REQUIRE_KAFKA=1 makes a missing broker an error.
"""
