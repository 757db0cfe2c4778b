-- Was `p`, a row of hour_payments, written by transaction $3 or one of the 2^31 after it? Numbers of 32 bits, which begin anew after the last: their
-- bytes are compared, because `age` is nothing that the workers of a parallel query may ask.
case
  when xidsend($3::text::xid8::xid) < xidsend((($3::text::numeric + 2147483648) % 4294967296)::text::xid)
  then xidsend(p.xmin) >= xidsend($3::text::xid8::xid) and xidsend(p.xmin) < xidsend((($3::text::numeric + 2147483648) % 4294967296)::text::xid)
  else xidsend(p.xmin) >= xidsend($3::text::xid8::xid) or xidsend(p.xmin) < xidsend((($3::text::numeric + 2147483648) % 4294967296)::text::xid)
end
