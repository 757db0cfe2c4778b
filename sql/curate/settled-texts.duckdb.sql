-- Which texts have a payment to themselves? Filled in: texts.
(select canonical from (${texts}) texts anti join marks_twice on marks_twice.mark = texts.mark)
