-- The requests of wrk: `wrk -s requests.lua URL -- KIND FIRST`.
--
-- Every request has a number, from FIRST on, in its query and in a header, and its path is that of
-- one of 100 students (900 for a POST). No request comes twice, except with the kind `again`.
-- Students of three digits and numbers of nine keep all requests of a kind at one length. The parts
-- are made beforehand: the load is to cost little.

local FIRST_STUDENT = 100
local FORM_BEGIN, FORM_END = "subject=Maths+", "&grade=5"
local DIGITS = 9

local students, method, last, body_end = 100, "GET", "\r\n\r\n", nil
local number, step = 0, 1
local starts = {}
local middle = " HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Request-Id: "

local kinds = {
  get = function() end,
  again = function() step = 0 end,
  close = function() last = "\r\nConnection: close\r\n\r\n" end,
  post = function()
    students, method, body_end = 900, "POST", FORM_END
    last = "\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: "
      .. #FORM_BEGIN + DIGITS + #FORM_END .. "\r\n\r\n" .. FORM_BEGIN
  end,
}

function init(arguments)
  kinds[arguments[1]]()
  number = tonumber(arguments[2])
  for student = FIRST_STUDENT, FIRST_STUDENT + students - 1 do
    starts[#starts + 1] = method .. " /subjects/" .. student .. "?n="
  end
end

function request()
  number = number + step
  local start = starts[number % students + 1]
  if body_end then
    return start .. number .. middle .. number .. last .. number .. body_end
  end
  return start .. number .. middle .. number .. last
end
