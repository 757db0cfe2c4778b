-- Which rows keep something that does not follow from their fields? Reads `judged_rows`.
(select * from judged_rows where flaws <> '')
