-- The requests of wrk: `wrk -s requests.lua URL -- KIND FIRST`.
--
-- Every request has a number, from FIRST on, in its query and in a header, and its path is that of
-- one of 100 students (900 for a POST). No request comes twice, except with the kind `again`.
-- Students of three digits and numbers of nine keep all requests of a kind at one length. The parts
-- are made beforehand, the last three digits of the numbers too: the load is to cost little.

local FIRST_STUDENT = 100
local FORM_BEGIN, FORM_END = "subject=Maths+", "&grade=5"
local DIGITS, THOUSAND = 9, 1000

local students, method, last, body_end = 100, "GET", "\r\n\r\n", nil
local number, step, high = 0, 1, nil
local starts, lows = {}, {}
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
  high = tostring(math.floor(number / THOUSAND))
  for low = 0, THOUSAND - 1 do
    lows[low] = string.format("%03d", low)
  end
  for student = FIRST_STUDENT, FIRST_STUDENT + students - 1 do
    starts[#starts + 1] = method .. " /subjects/" .. student .. "?n="
  end
end

function request()
  number = number + step
  if number % THOUSAND == 0 then
    high = tostring(number / THOUSAND)
  end
  local start, low = starts[number % students + 1], lows[number % THOUSAND]
  if body_end then
    return start .. high .. low .. middle .. high .. low .. last .. high .. low .. body_end
  end
  return start .. high .. low .. middle .. high .. low .. last
end
