"""Everything on one machine without Docker: PostgreSQL, Kafka, the services, and their tests.

Switches, all from the environment: `*_DATABASE_URL` and `KAFKA_BOOTSTRAP` name servers to use
instead of ours; L2C_POSTGRES=embedded uses the wheel's PostgreSQL even if the machine has one;
L2C_KAFKA=courier delivers events without a broker. For tests: L2C_TEST_POSTGRES names a server,
L2C_TEST_KEEP=1 leaves servers up for the next run, L2C_REQUIRE_KAFKA=1 makes a missing broker
an error.
"""
