DROP INDEX orders_deleted_user;
