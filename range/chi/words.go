// SPDX-License-Identifier: Apache-2.0
package main

// vocabulary is one domain: the words of which routes, table names and seeded
// data are made. The first entry of pub is the public catalogue, the first of
// priv the properly protected collection; the rest is dealt out by the seed.
type vocabulary struct {
	brand  string
	pub    []string
	priv   []string
	tables [5]string // catalogue, events, accounts, records, misc
	titles []string
	makers []string
	places []string
}

var vocabularies = []vocabulary{
	{
		brand: "library",
		pub: []string{"books", "branches", "authors", "periodicals", "maps", "recordings", "exhibits", "readings",
			"workshops", "rooms", "acquisitions", "publishers", "archives", "genres", "series", "shelves", "prints", "editions"},
		priv: []string{"loans", "reservations", "fines", "wishlists", "memberships", "renewals", "requests", "transfers",
			"deposits", "invoices", "complaints", "deliveries", "appointments", "consents", "donations", "referrals"},
		tables: [5]string{"catalogue", "programme", "people", "ledger", "office"},
		titles: []string{"Tides of the North", "A Short Walk", "Glass Orchard", "The Ferryman", "Night Train", "Salt and Slate", "Harbour Songs", "The Quiet Mill"},
		makers: []string{"Aldous Brandt", "Mira Solberg", "Teo Valdes", "Hanne Ruud"},
		places: []string{"Riverside", "Old Town", "Hillcrest"},
	},
	{
		brand: "clinic",
		pub: []string{"treatments", "wards", "specialties", "leaflets", "vaccines", "courses", "devices", "trials",
			"wellness", "parking", "laboratories", "suppliers", "guidelines", "topics", "programmes", "bays", "posters", "remedies"},
		priv: []string{"visits", "prescriptions", "bills", "allergies", "insurances", "refills", "claims", "handovers",
			"payments", "statements", "grievances", "shipments", "checkups", "permissions", "samples", "opinions"},
		tables: [5]string{"services", "calendar", "persons", "charts", "backoffice"},
		titles: []string{"Spinal Care", "Allergy Panel", "Sleep Study", "Hand Therapy", "Travel Vaccines", "Eye Screening", "Balance Lab", "Cardio Check"},
		makers: []string{"Dr Imke Voss", "Dr Samir Rahal", "Dr Lucie Benet", "Dr Oskar Lind"},
		places: []string{"West Wing", "Harbour House", "Annex"},
	},
	{
		brand: "hotel",
		pub: []string{"suites", "houses", "menus", "tours", "spas", "concerts", "galleries", "tastings",
			"classes", "terraces", "offers", "partners", "stories", "styles", "packages", "floors", "views", "seasons"},
		priv: []string{"bookings", "stays", "folios", "preferences", "vouchers", "extensions", "wakeups", "transports",
			"guarantees", "receipts", "incidents", "parcels", "treatments", "waivers", "gifts", "introductions"},
		tables: [5]string{"rooms", "happenings", "guests", "reservations", "desk"},
		titles: []string{"Garden Suite", "Corner Loft", "Sea Cabin", "Clock Tower", "Courtyard Twin", "Attic Studio", "Lake Pavilion", "Stone Cottage"},
		makers: []string{"Maison Perrin", "Casa Ortiz", "Haus Lindner", "Villa Aoki"},
		places: []string{"Lakeside", "Summit", "Promenade"},
	},
	{
		brand: "fleet",
		pub: []string{"vehicles", "depots", "brands", "manuals", "routes", "chargers", "tariffs", "inspections",
			"trainings", "lots", "tenders", "dealers", "bulletins", "classes", "routings", "lanes", "signs", "options"},
		priv: []string{"trips", "permits", "penalties", "favourites", "contracts", "prolongations", "callouts", "handbacks",
			"bonds", "accounts", "damages", "consignments", "services", "agreements", "credits", "handoffs"},
		tables: [5]string{"stock", "timetable", "drivers", "journeys", "control"},
		titles: []string{"Van 12", "Cargo Bike 3", "Minibus 7", "Flatbed 2", "Estate 21", "Pickup 9", "Kombi 4", "Electric 30"},
		makers: []string{"Norvik Motors", "Tavola", "Brightline", "Kestrel Works"},
		places: []string{"Depot East", "Depot Quay", "Depot Hill"},
	},
	{
		brand: "school",
		pub: []string{"subjects", "campuses", "teachers", "textbooks", "clubs", "concerts", "exhibitions", "lectures",
			"holidays", "halls", "tenders", "sponsors", "yearbooks", "faculties", "tracks", "labs", "charts", "terms"},
		priv: []string{"enrolments", "grades", "fees", "portfolios", "scholarships", "resits", "absences", "changes",
			"grants", "transcripts", "appeals", "lockers", "meetings", "approvals", "pledges", "recommendations"},
		tables: [5]string{"syllabus", "agenda", "roster", "folders", "secretary"},
		titles: []string{"Algebra II", "Stage Design", "Marine Biology", "World Poetry", "Robotics", "Baking Science", "Cartography", "Choir"},
		makers: []string{"Ms Ferrand", "Mr Osei", "Ms Halloran", "Mr Takeda"},
		places: []string{"North Campus", "Park Building", "Gymnasium"},
	},
	{
		brand: "shop",
		pub: []string{"products", "stores", "labels", "lookbooks", "recipes", "demos", "launches", "sales",
			"repairs", "lockers", "arrivals", "makers", "journals", "colours", "bundles", "aisles", "swatches", "sizes"},
		priv: []string{"orders", "baskets", "refunds", "watchlists", "subscriptions", "exchanges", "quotes", "returns",
			"balances", "bills", "disputes", "dispatches", "fittings", "mandates", "rewards", "invitations"},
		tables: [5]string{"goods", "campaigns", "customers", "purchases", "till"},
		titles: []string{"Oak Stool", "Linen Apron", "Copper Pan", "Reading Lamp", "Wool Rug", "Clay Teapot", "Bread Knife", "Picnic Box"},
		makers: []string{"Hollis & Crane", "Atelier Nord", "Fabrica Luz", "Tanaka Wood"},
		places: []string{"High Street", "Station Arcade", "Mill Yard"},
	},
}

// synonyms holds, for a logical name, the spellings among which a seed chooses;
// seed 0 takes the first. Logical names are what the code speaks.
var synonyms = map[string][]string{
	// parameters
	"source": {"source", "dataset", "collection", "store"}, "partition": {"X-Partition", "X-Dataset", "X-Shelf-Set", "X-Segment"},
	"by": {"by", "field", "attribute", "column"}, "value": {"value", "equals", "term", "match"},
	"has": {"has", "having", "with", "present"}, "axis": {"axis", "order_by", "range_on", "sort_key"},
	"from": {"from", "since", "after", "start"}, "maker": {"maker", "creator", "origin", "producer"},
	"year": {"year", "vintage", "released", "season"}, "fields": {"fields", "select", "columns", "only"},
	"url": {"url", "link", "address", "page_url"}, "site": {"site", "target_url", "uri", "web_page"},
	"image": {"image", "picture_url", "avatar_url", "photo"}, "callback": {"callback", "callback_url", "hook_url", "notify_url"},
	"feed": {"feed", "feed_url", "source_url", "stream"}, "cover": {"cover", "image_url", "cover_url", "thumb_url"},
	"upstream": {"upstream", "target", "host", "backend"}, "endpoint": {"endpoint", "endpoint_url", "service_url", "db_endpoint"},
	"next": {"next", "return_to", "continue", "redirect"}, "to": {"to", "goto", "dest", "forward"},
	"number": {"number", "ref", "code_number", "no"}, "code": {"code", "voucher", "pin", "coupon"},
	"limit": {"limit", "page_size", "per_page", "count"}, "cursor": {"cursor", "after_key", "page_token", "continue_from"},
	"page": {"page", "page_no", "p", "sheet"}, "login": {"login", "username", "user", "email"},
	"q": {"q", "query", "search", "text"}, "topic": {"topic", "theme", "subject", "area"}, "expr": {"expr", "formula", "calc", "sum"},
	"unit": {"unit", "measure", "scale", "system"}, "src": {"src", "img", "asset", "original"},
	// path words
	"reports": {"reports", "overview", "figures", "digest"}, "exports": {"exports", "dumps", "extracts", "downloads"},
	"stock": {"stock", "holdings", "inventory", "supply"}, "query": {"query", "select", "filtering", "ask"},
	"search": {"search", "find", "explore", "seek"}, "browse": {"browse", "scan-list", "leaf", "survey"},
	"timeline": {"timeline", "agenda", "schedule", "history"}, "lookup": {"lookup", "locate", "match", "finder"},
	"vintage": {"by-year", "yearly", "annual", "by-vintage"}, "columns": {"columns", "sheet", "table-view", "grid"},
	"preview": {"preview", "unfurl", "snapshot", "peek"}, "linkcheck": {"link-check", "verify-link", "url-test", "probe-link"},
	"avatar": {"avatar-import", "portrait", "picture-import", "photo-pull"}, "hooks": {"hooks/test", "notifications/ping", "callbacks/try", "webhooks/check"},
	"feeds": {"feeds/read", "import/feed", "syndication", "sources/read"}, "covers": {"covers/remote", "artwork", "thumbs/remote", "pictures/remote"},
	"mirror": {"upstream-status", "mirror-status", "relay-status", "peer-status"}, "storage": {"storage/ping", "replica/ping", "backend/ping", "tables/ping"},
	"session": {"session", "whoami", "state", "presence"}, "basket": {"basket", "tray", "selection", "clipboard"},
	"prefs": {"preferences", "settings", "options", "choices"}, "unread": {"unread-count", "badge", "inbox-count", "pending-count"},
	"summary": {"summary", "totals", "overview", "recap"}, "lines": {"lines", "entries", "positions", "parts"},
	"profiles": {"profiles", "people", "persons", "faces"}, "reviews": {"reviews", "ratings", "comments", "remarks"},
	"admin": {"admin", "manage", "backoffice", "console"}, "users": {"users", "accounts", "members", "logins"},
	"config": {"system/config", "ops/settings", "runtime/config", "platform/settings"}, "jobs": {"jobs", "workers", "tasks", "batch"},
	"audit": {"audit-log", "activity-log", "access-log", "trail"}, "debugusers": {"debug/users", "debug/accounts", "internal/users", "test/users"},
	"staff": {"staff", "team", "crew", "employees"}, "client": {"client-settings", "app-config", "bootstrap", "frontend-config"},
	"partnersystems": {"integrations", "connectors", "partners-api", "bridges"}, "pulse": {"pulse", "newsfeed", "latest", "stream"},
	"donors": {"supporters", "patrons", "sponsors-list", "benefactors"}, "payees": {"payees", "creditors", "payout-list", "bank-details"},
	"ledger": {"pages", "folio", "leaves", "paged"}, "walk": {"walk", "listing", "roll", "sequence"},
	"dbhealth": {"database/health", "storage/health", "db-status", "store-health"}, "newsletter": {"newsletter/readers", "mailing/readers", "bulletin/readers", "letters/readers"},
	"voucherc": {"vouchers/check", "coupons/check", "gift-cards/check", "codes/check"}, "avail": {"availability", "free-slots", "openings", "vacancies"},
	"bulk": {"bulk", "all", "complete", "full-list"}, "start": {"session/start", "visit/start", "session/open", "visit/open"},
	"beta": {"beta", "preview-api", "labs", "next-gen"}, "go": {"go", "out", "exit", "jump"}, "leave": {"leave", "forward", "continue", "depart"},
	"notices":  {"notices", "announcements", "board", "bulletins-search"},
	"forecast": {"forecast", "projection", "outlook", "trend"}, "today": {"stats/today", "figures/today", "counter/today", "numbers/today"},
	"calc": {"calculator", "compute", "reckon", "evaluate"}, "ticker": {"ticker", "live", "now", "heartbeat-feed"},
	"keys": {"help/keys", "guide/keys", "manual/keys", "howto/keys"}, "rules": {"rules", "terms", "policy", "house-rules"},
	"convert": {"convert", "units", "translate-unit", "measure"}, "echo": {"echo", "reflect", "mirror-back", "bounce"},
	"files": {"files", "assets", "media", "attachments"}, "wiki": {"wiki", "articles", "notes-pages", "knowledge"},
	"imgproxy": {"image-proxy", "img-cache", "picture-proxy", "asset-proxy"}, "home": {"home", "welcome", "landing", "start-page"},
	"moved": {"moved", "old-home", "former", "legacy-entry"}, "back": {"back", "return", "resume", "previous"},
	"legacy": {"legacy-report", "old-report", "nightly-report", "batch-report"}, "busy": {"busy", "crowded", "peak", "rush"},
	"ghost": {"suggestions", "recommend", "hints", "ideas"}, "subscribe": {"newsletter", "mailing-list", "signup", "letters"},
	"vault": {"vault", "safe", "treasury", "strongroom"}, "tokens": {"trace-ids", "correlation-ids", "request-marks", "batch-marks"},
}
