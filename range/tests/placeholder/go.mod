module plumbline.test/range/tests/placeholder

go 1.26
