DROP TABLE skills;
DROP TABLE clankdin_profiles;
DROP TABLE credentials;
DROP TABLE accounts;
