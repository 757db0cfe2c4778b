-- Of which landing hours do rows count? Filled in: hours (epoch microseconds, with commas).
unix_micros(cast(landing_hour as timestamp)) in (${hours})
