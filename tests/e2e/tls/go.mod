module plumbline.test/tls

go 1.23
