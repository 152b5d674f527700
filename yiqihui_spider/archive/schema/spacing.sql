-- A text as the index sees it (search.sql tells why): a space around every character that stands for
-- itself, U+0001 for white space, full-width forms narrow. It goes through blocks of 4,096 characters,
-- pieces of 64 and single characters, because substr() counts from the start of what it is given;
-- each LIMIT keeps SQLite from working out c and u anew at every mention.
-- :text stands for the column that holds the text. index.py says the same in Python.
(
  WITH RECURSIVE block (i, last) AS (
    SELECT 0, (length(:text) - 1) / 4096 UNION ALL SELECT i + 1, last FROM block WHERE i < last
  )
  SELECT coalesce(group_concat((
    SELECT group_concat((
      SELECT group_concat(CASE
          WHEN u BETWEEN 12289 AND 65280 THEN ' ' || c || ' '
          WHEN u BETWEEN 48 AND 57 OR u BETWEEN 65 AND 90 OR u BETWEEN 97 AND 122 THEN c
          WHEN u BETWEEN 65296 AND 65305 OR u BETWEEN 65313 AND 65338 OR u BETWEEN 65345 AND 65370
            THEN char(u - 65248)
          WHEN u BETWEEN 65281 AND 65374 THEN ' ' || char(u - 65248) || ' '
          WHEN u BETWEEN 65504 AND 65510 THEN ' ' || substr('¢£¬¯¦¥₩', u - 65503, 1) || ' '
          WHEN u <= 32 OR u BETWEEN 127 AND 160 OR u BETWEEN 8192 AND 8202
            OR u IN (5760, 6158, 8232, 8233, 8239, 8287, 12288) THEN ' ' || char(1) || ' '
          WHEN u BETWEEN 192 AND 1327 AND u NOT IN (215, 247) OR u BETWEEN 7424 AND 8191 THEN c
          ELSE ' ' || c || ' ' END, '')
      FROM (SELECT c, unicode(c) AS u
        FROM (SELECT substr(piece.text, n, 1) AS c FROM search_numbers
          WHERE n <= length(piece.text) ORDER BY n LIMIT 64) LIMIT 64)), '')
    FROM (SELECT substr(blocks.text, 64 * n - 63, 64) AS text FROM search_numbers
      WHERE n <= (length(blocks.text) + 63) / 64 ORDER BY n LIMIT 64) AS piece), ''), '')
  FROM (SELECT substr(:text, 4096 * i + 1, 4096) AS text FROM block ORDER BY i) AS blocks
)
