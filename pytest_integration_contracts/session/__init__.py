"""One run: who collects what, what is compared with what, what is written when. Knows no pytest."""
