"""What shards of features are indexed by."""

import pandera.pandas as pa

from earshot.data.schemas.columns import ITEM, LISTENER

# One row for each row of the shard's tensor: measurement by measurement, each with its repetitions.
FEATURE_INDEX = pa.DataFrameSchema(
    LISTENER | ITEM | {"doubts": pa.Column(str, nullable=True)}, name="feature index", strict=True, coerce=True
)
