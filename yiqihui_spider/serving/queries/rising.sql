-- Rising terms
-- Terms of the last 30 days that were rarer in the 180 days before, the steepest rise first. Empty until yiqihui analyze has counted terms.
SELECT term, articles, articles_before, share, share_before, rise
FROM rising_terms
ORDER BY rise DESC, articles DESC, term
LIMIT 100
