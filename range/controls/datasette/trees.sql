CREATE TABLE tree (id INTEGER PRIMARY KEY, name TEXT, species TEXT, height REAL);
INSERT INTO tree VALUES (1, 'by the gate', 'oak', 21.5), (2, 'at the pond', 'willow', 9), (3, 'behind the barn', 'oak', 17);
