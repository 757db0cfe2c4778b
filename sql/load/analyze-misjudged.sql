-- Are the tables what the planner takes them for? Whatever is asked of them from here on is planned by that.
select ledger.analyze_misjudged_payments();
