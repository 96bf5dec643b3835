"""Draws the Mandelbrot set, one image a request, in plain Python: each request costs CPU and nothing else.

GET /?w=WIDTH&h=HEIGHT&n=ITERATIONS answers a PGM image; the product is clamped, so that no query can hang a worker.
"""
from urllib.parse import parse_qs

WORK_MAX = 4_000_000


def number(query, key, default, largest):
    try:
        return max(1, min(int(query.get(key, [default])[0]), largest))
    except ValueError:
        return default


def escape_time(c, limit):
    z = 0j
    for step in range(limit):
        if z.real * z.real + z.imag * z.imag > 4.0:
            return step
        z = z * z + c
    return limit


def draw(width, height, limit):
    rows = bytearray()
    for y in range(height):
        imag = 2.4 * y / height - 1.2
        for x in range(width):
            rows.append(255 * escape_time(complex(3.2 * x / width - 2.2, imag), limit) // limit)
    return b"P5 %d %d 255\n" % (width, height) + bytes(rows)


def app(environ, start_response):
    query = parse_qs(environ.get("QUERY_STRING", ""))
    width, height = number(query, "w", 32, 800), number(query, "h", 24, 600)
    body = draw(width, height, min(number(query, "n", 40, 1000), max(1, WORK_MAX // (width * height))))
    start_response("200 OK", [("Content-Type", "image/x-portable-graymap"), ("Content-Length", str(len(body)))])
    return [body]
