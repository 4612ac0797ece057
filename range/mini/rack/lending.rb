# SPDX-License-Identifier: Apache-2.0
# frozen_string_literal: true

# Tool lending: a catalogue for everybody, loans for members, and a desk for the staff.

require 'erb'
require 'json'
require 'net/http'
require 'rack'
require 'sqlite3'

def flaw?(id)
  ENV.fetch('FLAWS', '').split(',').include?(id)
end

def word(name)
  ENV.fetch("WORD_#{name}")
end

DB = SQLite3::Database.new(ENV.fetch('SQLITE'))
DB.results_as_hash = true

DB.transaction do
  DB.execute('CREATE TABLE members (id INTEGER PRIMARY KEY, name TEXT, email TEXT, street TEXT, staff INTEGER, session TEXT)')
  DB.execute('CREATE TABLE tools (id INTEGER PRIMARY KEY, name TEXT, shelf TEXT, state TEXT)')
  DB.execute('CREATE TABLE loans (id INTEGER PRIMARY KEY, tool INTEGER, member INTEGER, due TEXT)')
  %w[A B C].each_with_index do |key, i|
    name = ENV.fetch("VALUE_USER#{key}")
    DB.execute('INSERT INTO members VALUES (?, ?, ?, ?, ?, ?)',
               [i + 1, name, "#{name}@shed.example", "#{12 + i} Mill Lane", i == 2 ? 1 : 0, ENV.fetch("VALUE_SESSION#{key}")])
  end
  ['hand saw', 'jig saw', 'cordless drill', 'ladder, 3 m', 'tile cutter', 'spirit level', 'belt sander'].each_with_index do |name, i|
    DB.execute('INSERT INTO tools VALUES (?, ?, ?, ?)', [ENV.fetch('VALUE_TOOL').to_i + i, name, "S#{i / 3 + 1}", 'good'])
    DB.execute('INSERT INTO loans VALUES (?, ?, ?, ?)', [i + 1, ENV.fetch('VALUE_TOOL').to_i + i, i % 3 + 1, "2026-0#{i + 1}-14"])
  end
end

# Which web pages may read answers.
class Cors
  OURS = 'https://www.shed.example'

  def initialize(app)
    @app = app
  end

  def call(env)
    status, headers, body = @app.call(env)
    origin = env['HTTP_ORIGIN']
    if origin && (flaw?('cors-any') || origin == OURS)
      headers['Access-Control-Allow-Origin'] = origin
      headers['Access-Control-Allow-Credentials'] = 'true'
    end
    headers['Vary'] = 'Origin'
    [status, headers, body]
  end
end

# Who asks, by the cookie that the web front sets; and what only the staff may.
class Members
  def initialize(app)
    @app = app
  end

  def call(env)
    request = Rack::Request.new(env)
    cookie = request.cookies['lend'].to_s
    member = env['member'] = DB.get_first_row('SELECT * FROM members WHERE session = ?', [cookie]) unless cookie.empty?
    return refuse(member) if staff_only?(request) && member&.fetch('staff') != 1

    @app.call(env)
  end

  private

  def staff_only?(request)
    path = request.path_info
    path = path.downcase.squeeze('/').chomp('/') unless flaw?('desk-variant')
    return true if path == "/#{word('DESK')}/members"
    return true if path == "/#{word('DESK')}/overdue" && !flaw?('overdue-open')

    changing = %w[PUT PATCH DELETE]
    changing += %w[POST] if request.env['HTTP_X_HTTP_METHOD_OVERRIDE'] && !flaw?('override')
    changing.include?(request.request_method)
  end

  def refuse(member)
    status = member ? 403 : 401
    [status, { 'Content-Type' => 'application/json' }, [JSON.generate(error: member ? 'for the staff only' : 'please log in')]]
  end
end

class Lending
  SLIP = "Please bring the %<tool>s back by %<due>s.\n%<note>s\n"

  def call(env)
    request = Rack::Request.new(env)
    path = request.path_info.downcase.squeeze('/').chomp('/')
    tools = Regexp.escape("/#{word('TOOLS')}")
    case [request.request_method, path]
    in ['GET', ''] then json(links)
    in ['GET', %r{\A#{tools}\z}] then json(search(request.params['q'].to_s))
    in ['GET', %r{\A#{tools}/(\d+)\z}] then found('SELECT * FROM tools WHERE id = ?', Regexp.last_match(1).to_i)
    in ['PATCH', %r{\A#{tools}/(\d+)\z}] then change(Regexp.last_match(1).to_i, request)
    in ['GET', '/language'] then language(request.params['to'].to_s)
    in ['GET', %r{\A/#{word('DESK')}/members\z}] then json(DB.execute('SELECT id, name, email, street FROM members'))
    else member(env, request, path)
    end
  end

  private

  def member(env, request, path)
    me = env['member']
    desk = "/#{word('DESK')}/overdue"
    loans = Regexp.escape("/#{word('LOANS')}")
    known = [%r{\A#{loans}(/\d+(/slip)?)?\z}, %r{\A#{desk}\z}, %r{\A/pictures\z}].any? { |r| r.match?(path) }
    return json({ error: 'not found' }, 404) unless known && request.get?
    return json({ error: 'please log in' }, 401) unless me

    case path
    in %r{\A#{loans}\z} then json(DB.execute('SELECT * FROM loans WHERE member = ?', [me['id']]))
    in %r{\A#{loans}/(\d+)\z} then found('SELECT * FROM loans WHERE id = ? AND member = ?', Regexp.last_match(1).to_i, me['id'])
    in %r{\A#{loans}/(\d+)/slip\z} then slip(Regexp.last_match(1).to_i, me['id'], request.params['note'].to_s)
    in %r{\A/pictures\z} then picture(request.params['src'].to_s)
    else json(DB.execute('SELECT l.due, m.name, m.email, m.street FROM loans l JOIN members m ON m.id = l.member'))
    end
  end

  def search(term)
    return DB.execute("SELECT * FROM tools WHERE name LIKE '%#{term}%' ORDER BY name") if flaw?('catalogue-search')

    DB.execute("SELECT * FROM tools WHERE name LIKE '%' || ? || '%' ORDER BY name", [term])
  end

  def change(id, request)
    state = JSON.parse(request.body.read)['state'].to_s
    DB.execute('UPDATE tools SET state = ? WHERE id = ?', [state, id])
    found('SELECT * FROM tools WHERE id = ?', id)
  rescue JSON::ParserError, TypeError, NoMethodError
    json({ error: 'state is needed' }, 400)
  end

  # The text that is printed for the member to take home, with a remark of their own.
  def slip(id, member, note)
    row = DB.get_first_row('SELECT t.name, l.due FROM loans l JOIN tools t ON t.id = l.tool WHERE l.id = ? AND l.member = ?', [id, member])
    return json({ error: 'not found' }, 404) unless row

    if flaw?('slip-template')
      begin
        text = ERB.new(format(SLIP, tool: row['name'], due: row['due'], note: note)).result(binding)
      rescue StandardError, ScriptError
        return json({ error: 'cannot be printed' }, 500)
      end
    else
      text = format(SLIP, tool: row['name'], due: row['due'], note: note)
    end
    [200, { 'Content-Type' => 'text/plain; charset=utf-8', 'X-Content-Type-Options' => 'nosniff' }, [text]]
  end

  def picture(source)
    uri = URI.parse(source)
    return json({ error: 'src must be an http address' }, 400) unless uri.is_a?(URI::HTTP) && uri.host
    return json({ error: 'only from pictures.shed.example' }, 400) unless flaw?('picture-fetch') || uri.host == 'pictures.shed.example'

    answer = Net::HTTP.start(uri.host, uri.port, open_timeout: 3, read_timeout: 3, use_ssl: uri.scheme == 'https') { |http| http.get(uri.request_uri) }
    [200, { 'Content-Type' => answer['Content-Type'] || 'application/octet-stream' }, [answer.body.to_s]]
  rescue URI::InvalidURIError
    json({ error: 'src must be an http address' }, 400)
  rescue SystemCallError, SocketError, IOError, Timeout::Error, OpenSSL::SSL::SSLError, Net::ProtocolError
    json({ error: 'the picture cannot be fetched' }, 502)
  end

  def language(to)
    to = to[/\A[a-z]{2}\z/] || 'en' unless flaw?('language-cookie')
    [204, { 'Set-Cookie' => "language=#{to}; Path=/; HttpOnly; SameSite=Lax" }, []]
  end

  def links
    { catalogue: "/#{word('TOOLS')}?q=saw", loans: "/#{word('LOANS')}", desk: ["/#{word('DESK')}/members", "/#{word('DESK')}/overdue"],
      language: '/language?to=de', pictures: '/pictures?src=http://pictures.shed.example/saw.png' }
  end

  def found(sql, *values)
    row = DB.get_first_row(sql, values)
    row ? json(row) : json({ error: 'not found' }, 404)
  end

  def json(value, status = 200)
    [status, { 'Content-Type' => 'application/json' }, [JSON.generate(value)]]
  end
end
