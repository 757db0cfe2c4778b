-- Was a row written by transaction `settled` or one of the 2^31 after it? Numbers of 32 bits, which begin anew after the last: their bytes are compared,
-- because `age` is nothing that the workers of a parallel query may ask. Filled in: row, settled.
case
  when xidsend(${settled}::text::xid8::xid) < xidsend(((${settled}::text::numeric + 2147483648) % 4294967296)::text::xid)
  then xidsend(${row}.xmin) >= xidsend(${settled}::text::xid8::xid) and xidsend(${row}.xmin) < xidsend(((${settled}::text::numeric + 2147483648) % 4294967296)::text::xid)
  else xidsend(${row}.xmin) >= xidsend(${settled}::text::xid8::xid) or xidsend(${row}.xmin) < xidsend(((${settled}::text::numeric + 2147483648) % 4294967296)::text::xid)
end
