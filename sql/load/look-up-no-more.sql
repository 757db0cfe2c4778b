-- The planner's choice again.
set local enable_hashjoin to default;
set local enable_mergejoin to default;
