"""
An hour as a job of today does it, without a service: JSON lines in, Parquet by day and merchant, the rows of it into Kafka, for Connect to load.
One Spark, started once. No staging, no audit, no transaction: what is left out costs it nothing.
"""
import argparse

from pyspark.sql import SparkSession
from pyspark.sql.types import StringType, StructField, StructType

FIELDS = [
    "payment_id", "merchant_id", "user_id", "payment_method", "source_system", "amount_cents", "currency", "status", "risk_score",
    "authorized_at", "completed_at", "created_at", "decline_reason",
]


def main():
    parser = argparse.ArgumentParser()
    for name in ("raw", "out", "sql", "landing-micros", "brokers", "topic", "jars", "threads", "memory"):
        parser.add_argument(f"--{name}", required=True)
    arguments = parser.parse_args()
    spark = (
        SparkSession.builder.appName("open tools").master(f"local[{arguments.threads}]")
        .config("spark.driver.memory", arguments.memory)
        .config("spark.jars", arguments.jars)
        .config("spark.ui.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.parquet.compression.codec", "zstd")
        .config("spark.sql.sources.partitionColumnTypeInference.enabled", "false")
        # Two hundred, the default, is for clusters.
        .config("spark.sql.shuffle.partitions", str(4 * int(arguments.threads)))
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    spark.read.schema(StructType([StructField(name, StringType()) for name in FIELDS])).json(arguments.raw).createOrReplaceTempView("raw")
    with open(arguments.sql, encoding="utf-8") as file:
        statement = file.read().replace("{landing_hour}", arguments.landing_micros).rstrip().rstrip(";")
    # Sorted by where it goes, or every task would hold a file open for every merchant.
    rows = spark.sql(statement).repartition("dt", "merchant_id").sortWithinPartitions("dt", "merchant_id", "created_at")
    columns = rows.columns
    rows.write.partitionBy("dt", "merchant_id").parquet(arguments.out)
    written = spark.read.parquet(arguments.out)
    instants = "map('ignoreNullFields', 'false', 'timestampFormat', 'yyyy-MM-dd\\'T\\'HH:mm:ss.SSSSSSXXX')"
    values = ", ".join("cast(cast(dt as date) as timestamp) as dt" if name == "dt" else name for name in columns)
    (
        written.selectExpr("payment_id as key", f"to_json(struct({values}), {instants}) as value")
        .write.format("kafka").option("kafka.bootstrap.servers", arguments.brokers).option("topic", arguments.topic)
        .option("kafka.acks", "all").option("kafka.batch.size", "524288").option("kafka.linger.ms", "5")
        .save()
    )
    spark.stop()


main()
