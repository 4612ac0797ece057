// SPDX-License-Identifier: Apache-2.0

// Auctions: lots that everybody sees, sealed bids that only their bidder sees.
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/pprof"
	"net/url"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"text/template"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/golang-jwt/jwt/v5"
	_ "github.com/jackc/pgx/v5/stdlib"
)

var db *sql.DB

func word(name string) string  { return "/" + os.Getenv("WORD_"+name) }
func value(name string) string { return os.Getenv("VALUE_" + name) }

func flaw(id string) bool {
	return strings.Contains(","+os.Getenv("FLAWS")+",", ","+id+",")
}

func signingKey() []byte {
	if flaw("jwt-weak") {
		return []byte(os.Getenv("WORD_WEAK"))
	}
	return []byte(value("KEY"))
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(value("KEY") + text))
	return hex.EncodeToString(sum[:])
}

// failures counts wrong passwords per address and minute.
type failures struct {
	sync.Mutex
	counts map[string]int
}

func (f *failures) add(address string) int {
	f.Lock()
	defer f.Unlock()
	key := address + time.Now().Format(" 15:04")
	f.counts[key]++
	return f.counts[key]
}

var wrong = failures{counts: map[string]int{}}

func login(c *gin.Context) {
	var form struct {
		User     string `json:"user" binding:"required"`
		Password string `json:"password" binding:"required"`
	}
	if err := c.ShouldBindJSON(&form); err != nil {
		c.JSON(http.StatusBadRequest, gin.H{"error": "user and password are required"})
		return
	}
	var id int
	err := db.QueryRow("SELECT id FROM bidders WHERE name = $1 AND password = $2", form.User, hash(form.Password)).Scan(&id)
	if err != nil {
		if wrong.add(c.ClientIP()) > 15 && !flaw("login-limit") {
			c.Header("Retry-After", "60")
			c.JSON(http.StatusTooManyRequests, gin.H{"error": "too many wrong passwords"})
			return
		}
		c.JSON(http.StatusUnauthorized, gin.H{"error": "wrong user or password"})
		return
	}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"sub": form.User, "exp": time.Now().Add(30 * time.Minute).Unix(), "iat": time.Now().Unix(),
	}).SignedString(signingKey())
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusOK, gin.H{"token": token, "expires_in": 1800})
}

func authenticate(c *gin.Context) {
	text, _ := strings.CutPrefix(c.GetHeader("Authorization"), "Bearer ")
	methods := []string{"HS256"}
	if flaw("jwt-none") {
		methods = append(methods, "none")
	}
	token, err := jwt.Parse(text, func(t *jwt.Token) (any, error) {
		if t.Method == jwt.SigningMethodNone {
			return jwt.UnsafeAllowNoneSignatureType, nil
		}
		return signingKey(), nil
	}, jwt.WithValidMethods(methods), jwt.WithExpirationRequired())
	if err == nil {
		var id int
		subject, _ := token.Claims.GetSubject()
		if db.QueryRow("SELECT id FROM bidders WHERE name = $1", subject).Scan(&id) == nil {
			c.Set("bidder", id)
			return
		}
	}
	c.Header("WWW-Authenticate", `Bearer realm="auctions"`)
	c.AbortWithStatusJSON(http.StatusUnauthorized, gin.H{"error": "a valid token is required"})
}

func fail(c *gin.Context, err error) {
	if errors.Is(err, sql.ErrNoRows) {
		c.JSON(http.StatusNotFound, gin.H{"error": "not found"})
		return
	}
	log.Print(err)
	c.JSON(http.StatusInternalServerError, gin.H{"error": "internal error"})
}

type lot struct {
	Slug     string            `json:"slug"`
	Title    string            `json:"title"`
	Reserve  int               `json:"-"`
	Estimate int               `json:"estimate"`
	Links    map[string]string `json:"links"`
}

func scanLot(row interface{ Scan(...any) error }) (l lot, err error) {
	err = row.Scan(&l.Slug, &l.Title, &l.Reserve, &l.Estimate)
	self := word("LOTS") + "/" + l.Slug
	l.Links = map[string]string{"self": self, "bids": self + word("BIDS"), "label": self + "/label?layout=" + url.QueryEscape("{{.Title}}")}
	return l, err
}

const lotColumns = "SELECT slug, title, reserve, estimate FROM lots "

func listLots(c *gin.Context) {
	q := c.Query("q")
	var rows *sql.Rows
	var err error
	if flaw("lots-search") {
		rows, err = db.Query(lotColumns + "WHERE title ILIKE '%" + q + "%' ORDER BY slug")
	} else {
		rows, err = db.Query(lotColumns+"WHERE position(lower($1) in lower(title)) > 0 ORDER BY slug", q)
	}
	if err != nil {
		fail(c, err)
		return
	}
	defer rows.Close()
	lots := []lot{}
	for rows.Next() {
		l, err := scanLot(rows)
		if err != nil {
			fail(c, err)
			return
		}
		lots = append(lots, l)
	}
	c.JSON(http.StatusOK, gin.H{"lots": lots})
}

func showLot(c *gin.Context) {
	l, err := scanLot(db.QueryRow(lotColumns+"WHERE slug = $1", c.Param("slug")))
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusOK, l)
}

// label gives the text that is printed on the tag of a lot, in the seller's layout.
func label(c *gin.Context) {
	l, err := scanLot(db.QueryRow(lotColumns+"WHERE slug = $1", c.Param("slug")))
	if err != nil {
		fail(c, err)
		return
	}
	layout := c.DefaultQuery("layout", "{{.Title}} ({{.Estimate}})")
	if !flaw("label-template") {
		c.String(http.StatusOK, strings.NewReplacer("{{.Title}}", l.Title, "{{.Estimate}}", fmt.Sprint(l.Estimate)).Replace(layout))
		return
	}
	t, err := template.New("label").Parse(layout)
	var out bytes.Buffer
	if err == nil {
		err = t.Execute(&out, l)
	}
	if err != nil {
		c.String(http.StatusBadRequest, "bad layout")
		return
	}
	c.String(http.StatusOK, out.String())
}

type bid struct {
	ID     int    `json:"id"`
	Bidder string `json:"bidder"`
	Email  string `json:"email"`
	Amount int    `json:"amount"`
	Limit  int    `json:"limit"`
}

const bidColumns = `SELECT b.id, p.name, p.email, b.amount, b.upper FROM bids b JOIN bidders p ON p.id = b.bidder
	JOIN lots l ON l.id = b.lot WHERE l.slug = $1 `

func listBids(c *gin.Context) {
	rows, err := db.Query(bidColumns+"AND b.bidder = $2 ORDER BY b.id", c.Param("slug"), c.GetInt("bidder"))
	if err != nil {
		fail(c, err)
		return
	}
	defer rows.Close()
	bids := []bid{}
	for rows.Next() {
		var b bid
		if err := rows.Scan(&b.ID, &b.Bidder, &b.Email, &b.Amount, &b.Limit); err != nil {
			fail(c, err)
			return
		}
		bids = append(bids, b)
	}
	c.JSON(http.StatusOK, gin.H{"bids": bids})
}

func showBid(c *gin.Context) {
	var b bid
	err := db.QueryRow(bidColumns+"AND b.id::text = $2 AND ($3 OR b.bidder = $4)", c.Param("slug"), c.Param("id"),
		flaw("bid-child"), c.GetInt("bidder")).Scan(&b.ID, &b.Bidder, &b.Email, &b.Amount, &b.Limit)
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusOK, b)
}

// checkImage tells a seller whether a picture that lies elsewhere could be taken over.
func checkImage(c *gin.Context) {
	target, err := url.Parse(c.Query("image"))
	if err != nil || (target.Scheme != "http" && target.Scheme != "https") {
		c.JSON(http.StatusBadRequest, gin.H{"error": "image must be a URL"})
		return
	}
	if !flaw("image-check") && target.Host != "images.auctions.example" {
		c.JSON(http.StatusBadRequest, gin.H{"error": "pictures come from images.auctions.example"})
		return
	}
	client := http.Client{Timeout: 4 * time.Second}
	answer, err := client.Get(target.String())
	if err != nil {
		c.JSON(http.StatusBadGateway, gin.H{"error": "the picture cannot be loaded"})
		return
	}
	defer answer.Body.Close()
	size, _ := io.Copy(io.Discard, io.LimitReader(answer.Body, 1<<20))
	c.JSON(http.StatusOK, gin.H{"status": answer.StatusCode, "type": answer.Header.Get("Content-Type"), "bytes": size})
}

func fill() error {
	_, err := db.Exec(`CREATE TABLE bidders (id int PRIMARY KEY, name text, email text, password text);
		CREATE TABLE lots (id int PRIMARY KEY, slug text UNIQUE, title text, reserve int, estimate int);
		CREATE TABLE bids (id int PRIMARY KEY, lot int REFERENCES lots, bidder int REFERENCES bidders, amount int, upper int)`)
	run := func(query string, values ...any) {
		if err == nil {
			_, err = db.Exec(query, values...)
		}
	}
	for i, key := range []string{"A", "B", "C"} {
		name := value("USER" + key)
		run("INSERT INTO bidders VALUES ($1, $2, $3, $4)", i+1, name, name+"@paddle.example", hash(value("PASSWORD"+key)))
	}
	run("INSERT INTO bidders VALUES (4, 'saleroom', 'saleroom@paddle.example', '-')") // bids that are called out in the room
	number, _ := strconv.Atoi(value("BID"))
	for i, title := range []string{"Walnut bureau", "Silver teapot", "Oil sketch of a harbour", "Brass microscope", "Kilim rug", "Art deco lamp"} {
		slug := fmt.Sprintf("%s-%d", strings.ReplaceAll(strings.ToLower(title), " ", "-"), 1850+i*13)
		run("INSERT INTO lots VALUES ($1, $2, $3, $4, $5)", i+1, slug, title, 300+i*70, 500+i*110)
		for bidder := 1; bidder <= 3; bidder++ {
			run("INSERT INTO bids VALUES ($1, $2, $3, $4, $5)", number+(i-4)*3+bidder-1, i+1, bidder, 200+i*50+bidder*5, 900+i*40+bidder*7)
		}
	}
	return err
}

func main() {
	var err error
	if db, err = sql.Open("pgx", os.Getenv("DATABASE_URL")); err == nil {
		err = fill()
	}
	if err != nil {
		log.Fatal(err)
	}
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	r.Use(gin.Recovery())
	r.POST("/auth/login", login)
	r.GET(word("LOTS"), listLots)
	r.GET(word("LOTS")+"/:slug", showLot)
	r.GET(word("LOTS")+"/:slug/label", label)
	members := r.Group("/", authenticate)
	members.GET(word("LOTS")+"/:slug"+word("BIDS"), listBids)
	members.GET(word("LOTS")+"/:slug"+word("BIDS")+"/:id", showBid)
	members.GET("/images/check", checkImage)
	if flaw("pprof-open") {
		r.GET("/debug/pprof/", gin.WrapF(pprof.Index))
		r.GET("/debug/pprof/:profile", func(c *gin.Context) { pprof.Handler(c.Param("profile")).ServeHTTP(c.Writer, c.Request) })
		r.GET("/debug/pprof/cmdline", gin.WrapF(pprof.Cmdline))
	}
	server := http.Server{Addr: "127.0.0.1:" + os.Getenv("PORT"), Handler: r, ReadHeaderTimeout: 10 * time.Second}
	stop, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer cancel()
	go func() { <-stop.Done(); server.Close() }()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
}
