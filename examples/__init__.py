"""What others connect to Yunjiu, in small."""
