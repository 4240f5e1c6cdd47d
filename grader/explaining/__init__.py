"""Why a line got its verdict: what was read, what it was judged on, the bounds, the mistakes that were looked for."""
