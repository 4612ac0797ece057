// SPDX-License-Identifier: Apache-2.0
package parking;

import java.io.*;
import java.time.LocalDate;
import java.util.*;
import javax.xml.parsers.DocumentBuilderFactory;
import org.springframework.dao.EmptyResultDataAccessException;
import org.springframework.http.*;
import org.springframework.jdbc.core.*;
import org.springframework.web.bind.annotation.*;
import org.springframework.web.server.ResponseStatusException;
import org.w3c.dom.Document;

record Zone(long id, String name, int places, int centsPerHour) {}

record Permit(long id, String plate, String street, LocalDate validUntil) {}

record Stay(long id, long zone, int minutes, int cents) {}

record StayPage(List<Stay> items, String next) {}

class Holder {
    public Long id;
    public String name, email, phone, role;
    public Integer discount;
}

class Position implements Serializable {
    long id;
}

@RestController
@RequestMapping("/api")
class Api {
    private static final RowMapper<Permit> PERMIT = new DataClassRowMapper<>(Permit.class);
    private final JdbcTemplate db;

    Api(JdbcTemplate db) {
        this.db = db;
    }

    @GetMapping("/${words.zones}")
    List<Zone> zones(@RequestParam(name = "${words.sort}", defaultValue = "name") String sort) {
        if (!Parking.flaw("zones-order") && !Set.of("id", "name", "places", "cents_per_hour").contains(sort)) {
            throw new ResponseStatusException(HttpStatus.BAD_REQUEST);
        }
        return db.query("SELECT * FROM zones ORDER BY " + sort, new DataClassRowMapper<>(Zone.class));
    }

    @GetMapping("/${words.zones}/{id}/free")
    Map<String, Object> free(@PathVariable long id) {
        return Map.of("zone", id, "free", 49);
    }

    @GetMapping("/${words.permits}")
    List<Permit> permits(@RequestAttribute(name = "holder") long holder) {
        return db.query("SELECT * FROM permits WHERE holder = ?", PERMIT, holder);
    }

    @GetMapping("/${words.permits}/{id}")
    Permit permit(@PathVariable long id, @RequestAttribute(name = "holder") long holder) {
        Permit permit = one("SELECT * FROM permits WHERE id = ?", PERMIT, id);
        if (!Parking.flaw("permit-owner")) {
            owned(id, holder);
        }
        return permit;
    }

    @GetMapping("/${words.permits}/{id}/${words.events}")
    List<Map<String, Object>> events(@PathVariable long id, @RequestAttribute(name = "holder", required = false) Long holder) {
        if (holder != null) {
            owned(id, holder);
        }
        return db.queryForList("SELECT p.plate, h.name, h.phone, 'issued' AS what FROM permits p JOIN holders h "
                + "ON h.id = p.holder WHERE p.id = ?", id);
    }

    @GetMapping("/${words.stays}")
    StayPage stays(@RequestAttribute(name = "holder") long holder, @RequestParam(defaultValue = "") String after) throws Exception {
        Position from = new Position();
        if (!after.isEmpty()) {
            from = Parking.flaw("cursor-object") ? readPosition(after) : plainPosition(after);
        }
        List<Stay> items = db.query("SELECT * FROM stays WHERE holder = ? AND id > ? ORDER BY id LIMIT 10",
                new DataClassRowMapper<>(Stay.class), holder, from.id);
        from.id = items.isEmpty() ? from.id : items.get(items.size() - 1).id();
        return new StayPage(items, Parking.flaw("cursor-object") ? writePosition(from) : String.valueOf(from.id));
    }

    @GetMapping("/${words.account}")
    Holder account(@RequestAttribute(name = "holder") long holder) {
        return one("SELECT * FROM holders WHERE id = ?", new BeanRow(), holder);
    }

    @PutMapping("/${words.account}")
    Holder change(@RequestAttribute(name = "holder") long holder, @RequestBody Holder form) {
        db.update("UPDATE holders SET email = COALESCE(?, email), phone = COALESCE(?, phone) WHERE id = ?", form.email, form.phone, holder);
        if (Parking.flaw("account-binding")) {
            db.update("UPDATE holders SET role = COALESCE(?, role), discount = COALESCE(?, discount) WHERE id = ?",
                    form.role, form.discount, holder);
        }
        return account(holder);
    }

    /** What a stay would cost; the machines in the street ask in XML. Changes nothing. */
    @PostMapping(path = "/tariffs/quote", consumes = MediaType.APPLICATION_XML_VALUE)
    Map<String, Object> quote(@RequestBody String xml) throws Exception {
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        if (!Parking.flaw("quote-xml")) {
            factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
        }
        try {
            Document stay = factory.newDocumentBuilder().parse(new ByteArrayInputStream(xml.getBytes("UTF-8")));
            String zone = stay.getElementsByTagName("zone").item(0).getTextContent();
            return Map.of("zone", zone, "minutes", stay.getElementsByTagName("minutes").item(0).getTextContent(), "cents", 240);
        } catch (org.xml.sax.SAXException | NullPointerException e) {
            throw new ResponseStatusException(HttpStatus.BAD_REQUEST, "expected <stay><zone/><minutes/></stay>");
        }
    }

    private void owned(long permit, long holder) {
        one("SELECT id FROM permits WHERE id = ? AND holder = ?", new SingleColumnRowMapper<>(Long.class), permit, holder);
    }

    private <T> T one(String sql, RowMapper<T> mapper, Object... values) {
        try {
            return db.queryForObject(sql, mapper, values);
        } catch (EmptyResultDataAccessException e) {
            throw new ResponseStatusException(HttpStatus.NOT_FOUND);
        }
    }

    private static Position plainPosition(String text) {
        Position position = new Position();
        try {
            position.id = Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new ResponseStatusException(HttpStatus.BAD_REQUEST);
        }
        return position;
    }

    private static Position readPosition(String text) throws IOException, ClassNotFoundException {
        try (var in = new ObjectInputStream(new ByteArrayInputStream(Base64.getUrlDecoder().decode(text)))) {
            return (Position) in.readObject();
        } catch (IllegalArgumentException | StreamCorruptedException | EOFException e) {
            throw new ResponseStatusException(HttpStatus.BAD_REQUEST);
        }
    }

    private static String writePosition(Position position) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var out = new ObjectOutputStream(bytes)) {
            out.writeObject(position);
        }
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes.toByteArray());
    }

    private static class BeanRow implements RowMapper<Holder> {
        @Override
        public Holder mapRow(java.sql.ResultSet row, int number) throws java.sql.SQLException {
            Holder holder = new Holder();
            holder.id = row.getLong("id");
            holder.name = row.getString("name");
            holder.email = row.getString("email");
            holder.phone = row.getString("phone");
            holder.role = row.getString("role");
            holder.discount = row.getInt("discount");
            return holder;
        }
    }
}
